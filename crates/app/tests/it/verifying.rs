//! `verify`: the state of a directory against a fresh replay of its log.

use crate::feeds::{HOMES, instance};
use crate::place::{Place, Said};

fn ran(homes: &str) -> Place {
    let place = Place::new();
    let config = instance("history", "homes.csv", "");
    place.write("homes.csv", homes).write("c.toml", config);
    place.run_well();
    place
}

fn verify(place: &Place) -> Said {
    place.say(&["verify", "--data-dir", "d"])
}

#[test]
fn a_state_that_its_log_gives_is_equal() {
    let place = ran(HOMES);
    let said = verify(&place);
    let digest = place.ask(&["digest"]);
    let digest = digest.trim().rsplit([',', '\n']).next().expect("a digest");
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    assert_eq!(said.out.matches(digest).count(), 2, "{} {digest}", said.out);
    assert!(said.out.ends_with("equal\n"), "{}", said.out);
}

#[test]
fn a_state_of_other_rows_is_told_listing_by_listing() {
    let (place, other) = (ran(HOMES), ran(&HOMES.replacen("300000", "310000", 1)));
    let foreign = std::fs::read(other.path("d/state.redb")).expect("a state");
    place.write("d/state.redb", foreign);
    let said = verify(&place);
    assert_eq!(said.code, 5, "{} {}", said.out, said.err);
    let told: Vec<&str> = said
        .out
        .lines()
        .filter(|line| line.starts_with("listing homes/"))
        .collect();
    assert_eq!(told.len(), 1, "{}", said.out);
    assert!(
        told[0].ends_with("has other versions or decisions"),
        "{}",
        said.out
    );
    // It only looked: the next time it says the same.
    assert_eq!(verify(&place).out, said.out);
}

#[test]
fn without_a_state_the_replay_alone_is_told() {
    let place = ran(HOMES);
    std::fs::remove_file(place.path("d/state.redb")).expect("there was a state");
    let said = verify(&place);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(
        said.out
            .contains("no state to compare it with (there is no checkpoint)"),
        "{}",
        said.out
    );
    let nothing = Place::new().say(&["verify", "--data-dir", "d"]);
    assert_eq!(nothing.code, 1, "{}", nothing.out);
}
