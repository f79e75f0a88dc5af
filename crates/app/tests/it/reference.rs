//! docs/reference.md says what the binary says: its tables of measures and keys are the binary's own.

use std::process::Command;

#[test]
fn the_reference_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference.md");
    let reference = std::fs::read_to_string(path).expect("the reference is there");
    for table in ["measures", "schema"] {
        let said = Command::new(env!("CARGO_BIN_EXE_freehold"))
            .args(["config", table])
            .output()
            .expect("the binary runs");
        let said = String::from_utf8(said.stdout).expect("text");
        assert!(!said.is_empty());
        assert!(
            reference.contains(said.trim_end()),
            "docs/reference.md lacks the table of `config {table}`: run docs/regenerate"
        );
    }
}
