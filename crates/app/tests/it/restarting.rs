//! A changed configuration over old data: made again with an announcement, or refused with a way out.

use crate::feeds::{HOMES, instance};
use crate::place::Place;

fn ran() -> (Place, String) {
    let place = Place::new();
    let config = instance("history", "homes.csv", "");
    place.write("homes.csv", HOMES).write("c.toml", &config);
    place.run_well();
    (place, config)
}

#[test]
fn changed_levels_and_segments_are_made_again_and_equal_a_fresh_run() {
    let (place, config) = ran();
    let changed = format!(
        "{config}\n[[level]]\nname = \"nation\"\nconstant = \"US\"\n\n[segments]\nbedrooms = true\n"
    );
    place.write("c.toml", &changed);
    let said = place.run();
    assert_eq!(said.code, 0);
    assert!(
        said.err.contains("all markets are made again from the log"),
        "{}",
        said.err
    );
    let fresh = Place::new();
    fresh.write("homes.csv", HOMES).write("c.toml", &changed);
    fresh.run_well();
    for question in [
        "markets", "listings", "homes", "changes", "ledger", "digest",
    ] {
        assert_eq!(place.ask(&[question]), fresh.ask(&[question]), "{question}");
    }
    // And not a second time.
    place.run_well();
}

#[test]
fn a_changed_mapping_is_refused_with_the_way_out_and_changes_nothing() {
    let (place, config) = ran();
    let before = place.ask(&["digest"]);
    place.write(
        "c.toml",
        config.replace("ListPrice = \"price\"", "ListPrice = \"paid\""),
    );
    let said = place.run();
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("the mapping of feed \"homes\" changed"),
        "{}",
        said.err
    );
    assert!(
        said.err.contains("freehold reprocess --feed homes"),
        "{}",
        said.err
    );
    assert_eq!(place.ask(&["digest"]), before);
    place.write("c.toml", config);
    place.run_well();
    assert_eq!(place.ask(&["digest"]), before);
}

#[test]
fn a_changed_kind_of_clock_is_refused() {
    let (place, config) = ran();
    let before = place.ask(&["digest"]);
    place.write("c.toml", config.replace("\"history\"", "\"live\""));
    let said = place.run();
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("runs on a virtual clock") && said.err.contains("new data directory"),
        "{}",
        said.err
    );
    assert_eq!(place.ask(&["digest"]), before);
}

#[test]
fn a_second_run_over_the_same_files_changes_nothing() {
    let (place, _) = ran();
    let questions = [
        "markets", "listings", "changes", "ledger", "refused", "digest",
    ];
    let before = questions.map(|question| place.ask(&[question]));
    place.run_well();
    assert_eq!(questions.map(|question| place.ask(&[question])), before);
}
