//! Full snapshots: what the next one lacks is gone, unless that is too much to be true.

use crate::feeds::{INSTANCE, feed};
use crate::place::Place;

const SNAPSHOT: &str = r#"
file_name_pattern = '(?P<taken>\d{4}-\d{2}-\d{2})'
snapshot = { time = { column = "taken", format = "%Y-%m-%d" }, shrink_max = "50%" }
"#;

const MAP: &str = r#"
[feed.map]
ListingKey = "id"
ModificationTimestamp = { column = "taken", format = "%Y-%m-%d" }
StandardStatus = { constant = "Active" }
ListPrice = "price"
City = { constant = "Ames" }
"#;

fn status_of(place: &Place, key: &str) -> String {
    let rows = place.ask(&["listings", "--key", key]);
    let row = rows.lines().nth(1).expect("a listing");
    row.split(',').nth(4).expect("a status").to_owned()
}

fn active(place: &Place) -> String {
    let rows = place.ask(&["markets", "--measure", "active_count", "--window", "now"]);
    rows.lines()
        .nth(1)
        .and_then(|row| row.split(',').nth(8))
        .unwrap_or("none")
        .to_owned()
}

#[test]
fn a_key_that_the_next_snapshot_lacks_is_removed() {
    let place = Place::new();
    place.write(
        "in/2024-03-01.csv",
        "id,price\n1,100\n2,200\n3,300\n4,400\n",
    );
    place.write("in/2024-03-02.csv", "id,price\n1,100\n3,300\n4,350\n");
    place.write(
        "c.toml",
        format!(
            "{INSTANCE}{}",
            feed("homes", "history", "in/*.csv", SNAPSHOT, MAP)
        ),
    );
    place.run_well();
    assert_eq!(
        (
            status_of(&place, "2").as_str(),
            status_of(&place, "1").as_str()
        ),
        ("Removed", "Active")
    );
    assert_eq!(active(&place), "3");
    // One that comes later brings a key back.
    place.write(
        "in/2024-03-03.csv",
        "id,price\n1,100\n2,190\n3,300\n4,350\n",
    );
    place.run_well();
    assert_eq!(status_of(&place, "2"), "Active");
    assert_eq!(active(&place), "4");
}

#[test]
fn a_snapshot_that_shrinks_too_much_is_held() {
    let place = Place::new();
    place.write(
        "in/2024-03-01.csv",
        "id,price\n1,100\n2,200\n3,300\n4,400\n",
    );
    place.write("in/2024-03-02.csv", "id,price\n1,90\n");
    place.write(
        "c.toml",
        format!(
            "{INSTANCE}{}",
            feed("homes", "history", "in/*.csv", SNAPSHOT, MAP)
        ),
    );
    let said = place.run();
    assert_eq!(said.code, 0);
    let told =
        "feed homes: the snapshot of 2024-03-02 lacks 3 of 4 live listings: held, not applied";
    assert!(said.err.contains(told), "{}", said.err);
    assert_eq!(status_of(&place, "2"), "Active");
    assert_eq!(active(&place), "4");
}

#[test]
fn a_file_whose_name_has_no_time_is_told_and_not_read() {
    let place = Place::new();
    place.write("in/today.csv", "id,price\n1,100\n");
    place.write(
        "c.toml",
        format!(
            "{INSTANCE}{}",
            feed("homes", "history", "in/*.csv", SNAPSHOT, MAP)
        ),
    );
    let said = place.run();
    assert_eq!(said.code, 4);
    assert!(said.err.contains("in/today.csv"), "{}", said.err);
    assert!(place.ask(&["ledger"]).contains("\nhomes,0,0,0,0,0,0,0,0\n"));
}

/// A snapshot file was taken as complete, and then more of it came: its keys were taken for gone, and the second
/// end knew only the appended rows.
#[test]
fn a_snapshot_that_grows_after_its_end_is_told_as_a_whole() {
    let place = Place::new();
    let rows = |keys: std::ops::RangeInclusive<u32>| {
        keys.map(|key| format!("{key},{key}00\n"))
            .collect::<String>()
    };
    place.write("in/2024-03-01.csv", format!("id,price\n{}", rows(1..=20)));
    place.write("in/2024-03-02.csv", format!("id,price\n{}", rows(1..=17)));
    let config = format!(
        "{INSTANCE}{}",
        feed("homes", "history", "in/*.csv", SNAPSHOT, MAP)
    );
    place.write("c.toml", config);
    place.run_well();
    assert_eq!(active(&place), "17", "18 to 20 are not named yet");
    place.write("in/2024-03-02.csv", format!("id,price\n{}", rows(1..=20)));
    place.run_well();
    assert_eq!(active(&place), "20");
    assert_eq!(status_of(&place, "1"), "Active");
    assert_eq!(status_of(&place, "20"), "Active");
}
