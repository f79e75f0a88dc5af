//! Rows that wait for books that somebody reads are seen as waiting, without a look at the books.

use freehold_kernel::plan::Identity;
use freehold_pipeline::books::read;
use freehold_pipeline::intake::FeedMode;
use freehold_pipeline::testing::FaultyDisk;

use crate::world::{Cut, open, plan, run_out, scripts};

#[test]
fn rows_behind_a_long_reader_are_seen_to_wait() {
    let (plan, scripts) = (plan(Identity::Match), scripts(7, 50));
    let disk = FaultyDisk::new(7);
    let (mut stepper, _) =
        open(&disk, &plan, &scripts, Cut::plain(FeedMode::Live)).expect("an empty disk opens");
    let books = stepper.core.books().clone();
    let waiting = read(&books).waiting().clone();
    assert_eq!(waiting.since(), None);
    let begun = 1_400_000_000_000;
    std::thread::scope(|threads| {
        let held = read(&books);
        let working = threads.spawn(|| run_out(&mut stepper, &mut { begun }));
        while waiting.since().is_none() {
            assert!(
                !working.is_finished(),
                "rows were applied while the books are held"
            );
            std::thread::yield_now();
        }
        assert_eq!(held.engine.position(), 0);
        assert!(waiting.since().is_some_and(|since| since >= begun));
        drop(held);
        working.join().expect("no panic").expect("a good disk");
    });
    assert_eq!(waiting.since(), None);
    assert!(read(&books).engine.position() > 0);
}
