//! An instance that runs while it is asked, corrected, stopped and killed.

use crate::feeds::{instance, many_rows};
use crate::place::Place;

const QUESTIONS: [&[&str]; 6] = [
    &["markets"],
    &["listings"],
    &["homes"],
    &["changes"],
    &["ledger"],
    &["digest"],
];

fn row(key: u32, hour: u32, price: u32) -> String {
    format!("{key},2024-03-01T{hour:02}:00:00Z,Active,{price},,,Ames\n")
}

fn growing() -> Place {
    let place = Place::new();
    place.write(
        "homes.csv",
        format!(
            "id,at,status,price,paid,closed,city\n{}",
            row(1, 1, 300_000)
        ),
    );
    place.write("c.toml", instance("live", "homes.csv", ""));
    place
}

const MEDIAN: &[&str] = &[
    "markets",
    "--measure",
    "median_list_price",
    "--window",
    "now",
];

#[test]
fn a_growing_file_shows_as_it_grows_and_says_the_same_when_stopped() {
    let place = growing();
    let running = place.start();
    place.wait_for(MEDIAN, |out| out.contains(",300000,USD,1,"));
    place.append("homes.csv", &row(2, 2, 500_000));
    place.wait_for(MEDIAN, |out| out.contains(",400000,USD,2,"));
    place.append("homes.csv", &row(1, 3, 200_000));
    place.wait_for(MEDIAN, |out| out.contains(",350000,USD,2,"));

    let second = place.say(&["run", "--config", "c.toml", "--data-dir", "d"]);
    assert_eq!(second.code, 3);
    assert!(
        second
            .err
            .contains("d is in use by a running instance (process "),
        "{}",
        second.err
    );
    assert!(second.err.contains("stop that one first"), "{}", second.err);

    let listings = place.ask(&["listings"]);
    let changes = place.ask(&["changes"]);
    let ended = running.interrupt();
    assert_eq!(ended.code, 0);
    let said: Vec<&str> = ended.err.lines().collect();
    let served = |line: &&str| {
        line.starts_with("freehold: page at http://127.0.0.1:") || line.contains(" is taken: ")
    };
    assert!(!said.is_empty() && said.iter().all(served), "{said:?}");
    assert_eq!(place.ask(&["listings"]), listings);
    assert_eq!(place.ask(&["changes"]), changes);
    assert!(place.ask(MEDIAN).contains(",350000,USD,2,"));
    assert!(place.ask(&["ledger"]).contains("\nhomes,3,3,0,0,0,0,0,0\n"));
}

#[test]
fn a_clean_end_leaves_nothing_to_replay() {
    let place = growing();
    let running = place.start();
    place.wait_for(MEDIAN, |out| out.contains(",300000,"));
    assert_eq!(running.interrupt().code, 0);
    let mut command = place.command(&[
        "run",
        "--config",
        "c.toml",
        "--data-dir",
        "d",
        "--until-idle",
    ]);
    let again = crate::place::Said::from(command.output().expect("it starts"));
    assert_eq!(again.code, 0, "{}", again.err);
    assert!(
        again.err.contains("(0 replayed from the log)"),
        "{}",
        again.err
    );
}

#[test]
fn answers_while_running_are_the_bytes_of_answers_afterwards() {
    let place = Place::new();
    place
        .write("rows.ndjson", many_rows(500))
        .write("c.toml", instance("history", "rows.ndjson", ""));
    let running = place.start();
    place.wait_for(&["ledger"], |out| out.contains("\nhomes,500,500,"));
    let during: Vec<String> = QUESTIONS.iter().map(|line| place.ask(line)).collect();
    assert_eq!(running.interrupt().code, 0);
    let after: Vec<String> = QUESTIONS.iter().map(|line| place.ask(line)).collect();
    assert_eq!(during, after);
}

#[test]
fn corrections_change_readings_outlive_a_restart_and_can_be_taken_back() {
    let place = growing();
    let running = place.start();
    place.wait_for(MEDIAN, |out| out.contains(",300000,"));
    let line = [
        "correct",
        "--data-dir",
        "d",
        "homes/1",
        "ListPrice=250000",
        "--reason",
        "typed wrong",
    ];
    let corrected = place.say(&line);
    assert_eq!((corrected.code, corrected.err.as_str()), (0, ""));
    let number = corrected
        .out
        .trim()
        .strip_prefix("correction ")
        .expect("its number")
        .to_owned();
    place.wait_for(MEDIAN, |out| out.contains(",250000,"));
    running.kill();

    let nobody = place.say(&line);
    assert_eq!(nobody.code, 1);
    assert!(
        nobody.err.contains("no instance runs on d"),
        "{}",
        nobody.err
    );

    let running = place.start();
    place.wait_for(MEDIAN, |out| out.contains(",250000,"));
    for (wrong, wanted) in [
        (["homes/77", "ListPrice=1"], "77"),
        (["nofeed/1", "ListPrice=1"], "nofeed"),
        (["homes/1", "ListPrise=1"], "ListPrise"),
        (["homes/1", "ListPrice=cheap"], "cheap"),
        (["homes", "ListPrice=1"], "FEED/KEY"),
        (["homes/1", "ListPrice"], "FIELD=VALUE"),
    ] {
        let said = place.say(&[
            "correct",
            "--data-dir",
            "d",
            wrong[0],
            wrong[1],
            "--reason",
            "r",
        ]);
        assert_eq!(said.code, 1, "{wrong:?} {said:?}");
        assert!(said.err.contains(wanted), "{wrong:?}: {}", said.err);
    }
    let back = place.say(&["correct", "--data-dir", "d", "--take-back", &number]);
    assert_eq!((back.code, back.err.as_str()), (0, ""));
    place.wait_for(MEDIAN, |out| out.contains(",300000,"));
    assert_eq!(running.interrupt().code, 0);
    assert!(place.ask(MEDIAN).contains(",300000,"));
}

#[test]
fn a_killed_instance_ends_where_an_undisturbed_one_does() {
    let rows = many_rows(20_000);
    let config = instance("history", "rows.ndjson", "chunk_bytes = 4096");
    let undisturbed = Place::new();
    undisturbed
        .write("rows.ndjson", &rows)
        .write("c.toml", &config);
    undisturbed.run_well();
    let expected: Vec<String> = QUESTIONS.iter().map(|line| undisturbed.ask(line)).collect();

    let place = Place::new();
    place.write("rows.ndjson", &rows).write("c.toml", &config);
    for epoch in ["1000", "7", "333", "50000"] {
        let mut command = place.command(&[
            "run",
            "--config",
            "c.toml",
            "--data-dir",
            "d",
            "--quiet",
            "--epoch-rows",
            epoch,
        ]);
        let mut child = command
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        place.wait_for_path("d/control.sock");
        // Whatever it is doing now, it does not finish; where that is differs from run to run.
        let wait = std::time::Duration::from_millis(u64::from(child.id()) * 7 % 60);
        std::thread::sleep(wait);
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        // A killed process leaves its socket behind; the next one must not be taken for it.
        std::fs::remove_file(place.path("d/control.sock")).expect("the socket was left");
    }
    place.run_well();
    let found: Vec<String> = QUESTIONS.iter().map(|line| place.ask(line)).collect();
    for (question, (found, expected)) in QUESTIONS.iter().zip(found.iter().zip(&expected)) {
        assert!(
            found == expected,
            "{question:?} differs:\n{:.600}\n{:.600}",
            found,
            expected
        );
    }
}
