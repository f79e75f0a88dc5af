//! Retention and corrections of the log: what may go, goes; what a restart needs, stays; a rewritten log gives
//! what a log written so from the start would.

use freehold_kernel::plan::Identity;
use freehold_kernel::record::{FeedId, Record, Records, put_refused};
use freehold_pipeline::intake::FeedMode;
use freehold_pipeline::log::{EmbeddedLog, Log};
use freehold_pipeline::rewrite::rewrite;
use freehold_pipeline::source::Parsed;
use freehold_pipeline::testing::FaultyDisk;

use crate::world::{Cut, open, plan, replayed, run_out, scripts, seen};

#[test]
fn a_trimmed_log_restarts_from_its_checkpoint_and_nothing_else() {
    let (plan, scripts) = (plan(Identity::Match), scripts(3, 400));
    let disk = FaultyDisk::new(3);
    let cut = Cut {
        checkpoint_rows: 100,
        merge_rows_max: 50,
        ..Cut::plain(FeedMode::HistoryByTime)
    };
    let (mut stepper, _) = open(&disk, &plan, &scripts, cut).expect("an empty disk opens");
    run_out(&mut stepper, &mut 0).expect("a good disk");
    let before = seen(&stepper.core);
    let end = stepper.log.next_offset();
    stepper.log.trim(end - 200).expect("a good disk");
    let first = stepper.log.first_offset();
    assert!(
        first > 0 && first <= end - 200,
        "whole batches were dropped, and no more than asked"
    );
    assert!(
        stepper.log.read(0).is_err(),
        "what was trimmed is an error, not an empty answer"
    );
    drop(stepper);
    let (stepper, _) =
        open(&disk, &plan, &scripts, cut).expect("a checkpoint holds what was trimmed");
    assert_eq!(seen(&stepper.core).digest, before.digest);
    drop(stepper);
    let other = crate::world::plan(Identity::Listing);
    let refused = open(&disk, &other, &scripts, cut)
        .err()
        .expect("another plan cannot be made from a trimmed log");
    assert!(refused.to_string().contains("trimmed"), "{refused}");
}

#[test]
fn a_rewritten_log_is_one_that_was_written_so() {
    let (plan, scripts) = (plan(Identity::Match), scripts(5, 300));
    let feed = FeedId(1);
    let disk = FaultyDisk::new(5);
    let cut = Cut {
        piece_max: 40,
        ..Cut::plain(FeedMode::Live)
    };
    let (mut stepper, _) = open(&disk, &plan, &scripts, cut).expect("an empty disk opens");
    run_out(&mut stepper, &mut 1_400_000_000_000).expect("a good disk");
    // Nothing read again: nothing changes.
    let same = FaultyDisk::new(5);
    let mut copy = EmbeddedLog::open(&same).expect("an empty disk opens");
    let kept = rewrite(&*stepper.log, &mut copy, feed, &mut |_| {
        Ok::<_, String>(None)
    })
    .expect("good logs");
    assert_eq!(kept, 0);
    assert_eq!(replayed(&copy, &plan), seen(&stepper.core));
    // Every row of one feed refused under a new reading: the others are as they were.
    let refused_all = FaultyDisk::new(5);
    let mut rewritten = EmbeddedLog::open(&refused_all).expect("an empty disk opens");
    let rows = rewrite(&*stepper.log, &mut rewritten, feed, &mut |piece| {
        let mut parsed = Parsed::default();
        for _ in 0..piece.records {
            let refused = freehold_kernel::record::Refused {
                feed,
                place: "x:1",
                field: "",
                reason: "again",
                raw: b"",
            };
            put_refused(&mut parsed.records, &refused);
            parsed.count += 1;
        }
        Ok::<_, String>(Some(parsed))
    });
    assert_eq!(rows.expect("good logs"), 300);
    let after = replayed(&rewritten, &plan);
    let before = seen(&stepper.core);
    // With the feed goes its evidence: a value of the others may be held, or not any more.
    let but_for_held = |[
        received,
        accepted,
        duplicate,
        stale,
        late,
        held,
        rejected,
        gone,
    ]: [u64; 8]| {
        [
            received,
            accepted + held,
            duplicate,
            stale,
            late,
            rejected,
            gone,
        ]
    };
    for other in [0, 2] {
        let (after, before) = (after.ledgers[other], before.ledgers[other]);
        assert_eq!(but_for_held(after), but_for_held(before));
    }
    assert_eq!(
        (after.ledgers[1][0], after.ledgers[1][6]),
        (300, 300),
        "received and rejected"
    );
    let mut at = 0;
    while let Some((first, batch)) = rewritten.read(at).expect("a good log") {
        at = first + batch.count;
        for record in Records::new(batch.records()) {
            if let Record::Observation(row) = record.expect("undamaged") {
                assert_ne!(row.feed, feed);
            }
        }
    }
}
