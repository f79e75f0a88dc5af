//! `purge` and `replay`: what is gone is gone from every file, and what is left is what the log gives.

use crate::feeds::{HOMES, instance};
use crate::place::{Place, Said};

fn ran() -> Place {
    let place = Place::new();
    let config = instance("history", "homes.csv", "");
    place.write("homes.csv", HOMES).write("c.toml", config);
    place.run_well();
    place
}

/// Whether any file of the data directory holds the bytes.
fn holds(place: &Place, text: &str) -> bool {
    let files = std::fs::read_dir(place.path("d")).expect("a directory");
    let mut contents =
        files.map(|file| std::fs::read(file.expect("a file").path()).expect("readable"));
    contents.any(|bytes| {
        bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    })
}

fn purge(place: &Place, what: &[&str]) -> Said {
    let mut words = vec!["purge", "--data-dir", "d", "--reason", "asked for"];
    words.extend(what);
    place.say(&words)
}

#[test]
fn a_purged_listing_is_in_no_file_and_verify_passes() {
    let place = Place::new();
    let homes = HOMES.replacen("Ames", "Secretville", 1);
    place
        .write("homes.csv", &homes)
        .write("c.toml", instance("history", "homes.csv", ""));
    place.run_well();
    let key = homes
        .lines()
        .find(|row| row.contains("Secretville"))
        .and_then(|row| row.split(',').next());
    let key = key.expect("a listing");
    let line = format!("\nhomes,{key},");
    assert!(place.ask(&["listings"]).contains(&line) && holds(&place, "Secretville"));
    let said = purge(&place, &["--key", &format!("homes/{key}")]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("records are gone"), "{}", said.err);
    place.run_well();
    let after = place.ask(&["listings"]);
    assert!(
        !after.contains(&line) && after.lines().count() > 1,
        "{after}"
    );
    let verified = place.say(&["verify", "--data-dir", "d"]);
    assert_eq!(verified.code, 0, "{} {}", verified.out, verified.err);
    assert!(!holds(&place, "Secretville"), "it is there still");
    // What its files hold is not read again by accident.
    let again = place.say(&[
        "reprocess",
        "--feed",
        "homes",
        "--config",
        "c.toml",
        "--data-dir",
        "d",
    ]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("were purged"), "{}", again.err);
}

#[test]
fn a_purged_feed_leaves_nothing_and_goes_on_behind_its_rows() {
    let place = ran();
    let said = purge(&place, &["--feed", "homes"]);
    assert_eq!(said.code, 0, "{}", said.err);
    place.run_well();
    assert_eq!(
        place.ask(&["listings"]).lines().count(),
        1,
        "the header alone"
    );
    let ledger = place.ask(&["ledger"]);
    assert!(
        ledger
            .lines()
            .nth(1)
            .expect("a feed")
            .starts_with("homes,0,"),
        "{ledger}"
    );
    let verified = place.say(&["verify", "--data-dir", "d"]);
    assert_eq!(verified.code, 0, "{} {}", verified.out, verified.err);
}

#[test]
fn what_is_not_there_is_refused_and_nothing_changes() {
    let place = ran();
    let digest = place.ask(&["digest"]);
    let cases: [(&[&str], &str); 4] = [
        (&["--feed", "houses"], "there are homes"),
        (&["--key", "homes/nobody"], "nothing was changed"),
        (&["--key", "homes"], "FEED/KEY"),
        (&[], "required"),
    ];
    for (what, words) in cases {
        let said = purge(&place, what);
        assert_ne!(said.code, 0);
        assert!(said.err.contains(words), "{what:?}: {}", said.err);
    }
    assert_eq!(place.ask(&["digest"]), digest);
}

#[test]
fn a_replay_of_any_range_gives_the_stored_rows() {
    let place = ran();
    let stored = place.ask(&["changes"]);
    let all = place.say(&["replay", "--data-dir", "d"]);
    assert_eq!((all.code, &all.out), (0, &stored), "{}", all.err);
    let rows: Vec<&str> = stored.lines().skip(1).collect();
    let position = |row: &&str| {
        row.split(',')
            .next()
            .and_then(|text| text.parse::<u64>().ok())
            .expect("a position")
    };
    let (from, to) = (
        position(&rows[rows.len() / 3]),
        position(&rows[rows.len() / 3 * 2]),
    );
    let part = place.say(&[
        "replay",
        "--data-dir",
        "d",
        "--from",
        &from.to_string(),
        "--to",
        &to.to_string(),
    ]);
    let expected: Vec<&str> = rows
        .iter()
        .copied()
        .filter(|row| (from..to).contains(&position(row)))
        .collect();
    assert_eq!(part.out.lines().skip(1).collect::<Vec<_>>(), expected);
    let checked = place.say(&["replay", "--data-dir", "d", "--check"]);
    assert_eq!(checked.code, 0, "{}", checked.err);
    let digest = place.ask(&["digest"]);
    let digest = digest.trim().rsplit([',', '\n']).next().expect("a digest");
    assert!(checked.err.contains(digest), "{} {digest}", checked.err);
    let beyond = place.say(&["replay", "--data-dir", "d", "--to", "999999"]);
    assert_eq!(beyond.code, 1);
    assert!(beyond.err.contains("the log ends at"), "{}", beyond.err);
    // Rows of another instance are found out.
    let other = Place::new();
    other
        .write("homes.csv", HOMES.replacen("300000", "310000", 1))
        .write("c.toml", instance("history", "homes.csv", ""));
    other.run_well();
    place.write(
        "d/changes.redb",
        std::fs::read(other.path("d/changes.redb")).expect("rows"),
    );
    let foreign = place.say(&["replay", "--data-dir", "d", "--check"]);
    assert_eq!(foreign.code, 5, "{}", foreign.err);
}
