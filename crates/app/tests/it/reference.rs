//! docs/reference.md and docs/measures.md say what the binary says, and every measure names a slow twin that knows it.

use std::process::Command;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn said(table: &str) -> String {
    let said = Command::new(env!("CARGO_BIN_EXE_freehold"))
        .args(["config", table])
        .output()
        .expect("the binary runs");
    let said = String::from_utf8(said.stdout).expect("text");
    assert!(!said.is_empty());
    said
}

#[test]
fn the_reference_is_up_to_date() {
    for (page, table) in [("reference.md", "schema"), ("measures.md", "measures")] {
        let text =
            std::fs::read_to_string(format!("{ROOT}/docs/{page}")).expect("the page is there");
        assert!(
            text.contains(said(table).trim_end()),
            "docs/{page} lacks what `config {table}` says: run docs/regenerate"
        );
    }
}

#[test]
fn every_measure_has_a_twin_that_names_it() {
    let mut seen = 0;
    for section in said("measures").split("\n### ").skip(1) {
        let quantity = section.lines().next().expect("a title");
        let twin = section.split("**slow twin:** `").nth(1).expect("a twin");
        let twin = twin.split('`').next().expect("a path");
        let text = std::fs::read_to_string(format!("{ROOT}/{twin}")).expect(twin);
        assert!(text.contains(quantity), "{twin} does not name {quantity}");
        seen += 1;
    }
    assert!(seen > 20, "the registry was read");
}
