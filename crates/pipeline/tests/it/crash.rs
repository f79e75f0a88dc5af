//! Seeded simulation: the shipped stepper, books and store library over a disk that fails at every kind of
//! I/O point, recovery included. However often it falls, what is seen at the end is what an undisturbed run
//! shows (of histories), or what a fresh replay of the same log shows (of live feeds, whose receipt times are
//! the wall clock's). The same seed gives the same run.
//!
//! `FREEHOLD_SIM_START` and `FREEHOLD_SIM_SEEDS` choose other seeds than the suite's.

use std::collections::BTreeMap;

use freehold_kernel::plan::Identity;
use freehold_kernel::time::Day;
use freehold_pipeline::intake::FeedMode;
use freehold_pipeline::recovery::Recovery;
use freehold_pipeline::testing::{Fault, FaultyDisk, Random};

use crate::world::{Cut, open, plan, replayed, run_out, scripts, seen};

#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    faults: BTreeMap<Fault, u64>,
    recoveries: BTreeMap<&'static str, u64>,
    operations: u64,
}

fn simulate(seed: u64) -> Tally {
    let mut random = Random::new(seed);
    let identity = if random.one_in(2) {
        Identity::Listing
    } else {
        Identity::Match
    };
    let mode = if random.one_in(3) {
        FeedMode::Live
    } else {
        FeedMode::HistoryByTime
    };
    let (plan, scripts) = (plan(identity), scripts(seed, 300));
    let calm = FaultyDisk::new(seed);
    let (mut undisturbed, _) =
        open(&calm, &plan, &scripts, Cut::plain(mode)).expect("an empty disk opens");
    run_out(&mut undisturbed, &mut 0).expect("a good disk");
    let expected = seen(&undisturbed.core);

    let disk = FaultyDisk::new(seed ^ 0xD15C);
    let mut tally = Tally::default();
    let mut now = Day(16_200).start_utc();
    for round in 0.. {
        let cut = Cut {
            mode,
            threads: 1,
            epoch_rows_max: [1, 7, 100, 50_000][random.below(4) as usize],
            piece_max: 1 + random.below(200),
            merge_rows_max: 1 + random.below(60) as usize,
            checkpoint_rows: 1 + random.below(150),
            seed: random.next_u64() >> 1,
        };
        if round < 12 {
            let fault = [Fault::Kill, Fault::PowerLoss, Fault::Full, Fault::Broken]
                [random.below(4) as usize];
            let within = if random.one_in(3) { 40 } else { 400 };
            disk.fail_in(random.below(within), fault);
        } else {
            disk.behave();
        }
        let outcome = open(&disk, &plan, &scripts, cut).and_then(|(mut stepper, restart)| {
            let name = match restart.recovery {
                Recovery::Fresh => "fresh",
                Recovery::FromCheckpoint { checkpoint: 0 } => "checkpoint",
                Recovery::FromCheckpoint { .. } => "older checkpoint",
                Recovery::Rebuild { .. } => "rebuild",
                Recovery::Stop { .. } => "stop",
            };
            *tally.recoveries.entry(name).or_insert(0) += 1;
            run_out(&mut stepper, &mut now)?;
            let expected_live = (mode == FeedMode::Live).then(|| replayed(&*stepper.log, &plan));
            Ok((seen(&stepper.core), expected_live))
        });
        match outcome {
            Ok((got, expected_live)) if disk.failed().is_none() => {
                let received: Vec<u64> = got.ledgers.iter().map(|counts| counts[0]).collect();
                let sent: Vec<u64> = scripts
                    .iter()
                    .map(|script| script.records.len() as u64)
                    .collect();
                assert_eq!(received, sent, "seed {seed}: rows were lost or doubled");
                let expected = expected_live.as_ref().unwrap_or(&expected);
                assert_eq!(got.digest, expected.digest, "seed {seed}: another state");
                assert_eq!(got.ledgers, expected.ledgers, "seed {seed}: other ledgers");
                assert_eq!(
                    got.readings, expected.readings,
                    "seed {seed}: other readings"
                );
                assert!(
                    got.changes == expected.changes,
                    "seed {seed}: other change rows"
                );
                break;
            }
            Ok(_) => {}
            Err(error) => assert!(
                disk.failed().is_some(),
                "seed {seed}: failed on a good disk: {error}"
            ),
        }
        disk.restart();
    }
    tally.faults = disk.fired();
    tally.operations = disk.operations();
    tally
}

#[test]
fn no_crash_shows() {
    let number = |name: &str, default: u64| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (start, seeds) = (
        number("FREEHOLD_SIM_START", 1),
        number("FREEHOLD_SIM_SEEDS", 25),
    );
    let mut sum = Tally::default();
    for seed in start..start + seeds {
        let tally = simulate(seed);
        tally
            .faults
            .into_iter()
            .for_each(|(fault, count)| *sum.faults.entry(fault).or_insert(0) += count);
        tally
            .recoveries
            .into_iter()
            .for_each(|(name, count)| *sum.recoveries.entry(name).or_insert(0) += count);
    }
    for fault in [Fault::Kill, Fault::PowerLoss, Fault::Full, Fault::Broken] {
        assert!(
            sum.faults.contains_key(&fault),
            "{fault:?} never fired: {sum:?}"
        );
    }
    for recovery in ["fresh", "checkpoint"] {
        assert!(
            sum.recoveries.contains_key(recovery),
            "{recovery} was never taken: {sum:?}"
        );
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    assert_eq!(simulate(4242), simulate(4242));
}
