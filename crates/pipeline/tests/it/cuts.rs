//! The same log, cut anyhow and run on any number of threads, gives the same digest, readings and changes.

use freehold_kernel::plan::Identity;
use freehold_pipeline::intake::FeedMode;
use freehold_pipeline::testing::FaultyDisk;

use crate::world::{Cut, open, plan, run_out, scripts, seen};

#[test]
fn epochs_pieces_and_threads_do_not_show() {
    for (seed, identity, mode) in [
        (7, Identity::Listing, FeedMode::HistoryByTime),
        (8, Identity::Match, FeedMode::HistoryByTime),
        (9, Identity::Listing, FeedMode::HistoryAsArrived),
        (10, Identity::Match, FeedMode::HistoryAsArrived),
    ] {
        let (plan, scripts) = (plan(identity), scripts(seed, 2500));
        let run = |cut: Cut| {
            let disk = FaultyDisk::new(1);
            let (mut stepper, _) = open(&disk, &plan, &scripts, cut).expect("an empty disk opens");
            run_out(&mut stepper, &mut 0).expect("a good disk");
            seen(&stepper.core)
        };
        // What arrives in another order is another log: there, pieces stay as they are.
        let by_time = mode == FeedMode::HistoryByTime;
        let plain = Cut {
            piece_max: 50,
            ..Cut::plain(mode)
        };
        let expected = run(plain);
        assert!(expected.changes.len() > 1000, "the world is not empty");
        for (number, epoch_rows_max) in [1, 7, 1000, 50_000].into_iter().enumerate() {
            for threads in [1, 2] {
                let piece_max = if by_time { [1, 3, 40, 999][number] } else { 50 };
                let cut = Cut {
                    threads,
                    epoch_rows_max,
                    piece_max,
                    merge_rows_max: 1 + 300 * number,
                    ..plain
                };
                let got = run(cut);
                assert_eq!(got.digest, expected.digest, "{cut:?}");
                assert_eq!(got.ledgers, expected.ledgers, "{cut:?}");
                assert_eq!(got.readings, expected.readings, "{cut:?}");
                assert!(
                    got.changes == expected.changes,
                    "change rows differ under {cut:?}"
                );
            }
        }
    }
}
