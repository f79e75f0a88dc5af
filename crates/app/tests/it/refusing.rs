//! Bad input: each row or file is named with its fault, and no other feed is the worse for it.

use crate::feeds::{HOMES, INSTANCE, MAP, feed, instance};
use crate::place::Place;

const GOOD: &str = "id,at,status,price,paid,closed,city\n9,2024-03-01,Active,5,,,Ames\n";

/// `refused` without its first column, each row cut short.
fn refused(place: &Place) -> Vec<String> {
    let rows = place.ask(&["refused", "--feed", "homes"]);
    let short = |row: &str| {
        let row = row.split_once(",homes,").map_or(row, |(_, rest)| rest);
        row.chars().take(SHORT).collect()
    };
    rows.lines().skip(1).map(short).collect()
}

const SHORT: usize = 110;

/// Runs `homes` over a file's bytes beside a good feed; gives the exit code and the messages.
fn beside_a_good_feed(name: &str, bytes: Option<&[u8]>) -> (Place, i32, String) {
    let place = Place::new();
    place.write("good.csv", GOOD);
    if let Some(bytes) = bytes {
        place.write(name, bytes);
    }
    let bad = feed("homes", "history", name, "", MAP);
    let good = feed("good", "history", "good.csv", "", MAP);
    place.write("c.toml", format!("{INSTANCE}{bad}{good}"));
    let said = place.run();
    let ledger = place.ask(&["ledger"]);
    assert!(ledger.contains("\ngood,1,1,0,0,0,0,0,0\n"), "{ledger}");
    (place, said.code, said.err)
}

#[test]
fn a_missing_file_fails_its_feed_alone() {
    let (_place, code, err) = beside_a_good_feed("nowhere.csv", None);
    assert_eq!(code, 4, "{err}");
    assert!(
        err.contains("feed homes is failing: find nowhere.csv"),
        "{err}"
    );
    assert!(err.contains("check the path"), "{err}");
}

#[test]
fn a_missing_column_is_named_with_the_field_and_what_was_meant() {
    let (_place, code, err) = beside_a_good_feed(
        "h.csv",
        Some(&HOMES.replace("price,", "prise,").into_bytes()),
    );
    assert_eq!(code, 4, "{err}");
    assert!(
        err.contains("read h.csv: ListPrice: there is no column \"price\""),
        "{err}"
    );
    assert!(err.contains("did you mean \"prise\"?"), "{err}");
}

#[test]
fn every_bad_row_of_a_csv_is_named_by_file_line_and_field() {
    let mut rows = b"id,at,status,price,paid,closed,city\n".to_vec();
    for row in [
        &b"1,2024-03-01,Active,many,,,Ames"[..],
        b"2,2024-02-30,Active,5,,,Ames",
        b"3,2024-03-01,Closed,5,5,19.3.2024,Ames",
        b"4,2024-03-01,Active,-1,,,Ames",
        b"5,2024-03-01,Active,5,,,A\0mes",
        b"6,2024-03-01,Active,5,,,Am\xff",
        b"7,2024-03-01,Active,5,,",
        b"8,2024-03-01,Gone Fishing,5,,,Ames",
        b",2024-03-01,Active,5,,,Ames",
        b"",
        b"10,2024-03-01,Active,5,,,\"two\nlines\",more",
        b"11,2024-03-01,Active,5,,,Ames",
    ] {
        rows.extend_from_slice(row);
        rows.push(b'\n');
    }
    let (place, code, err) = beside_a_good_feed("h.csv", Some(&rows));
    assert_eq!((code, err.as_str()), (0, ""));
    let expected = [
        "h.csv:2,ListPrice,\"found \"\"many\"\", wanted a number\",\"1,2024-03-01,Active,many,,,Ames\"",
        "h.csv:3,ModificationTimestamp,\"found \"\"2024-02-30\"\", wanted a date as RFC 3339\",\"2,2024-02-30,Active,5,,,Ames\"",
        "h.csv:4,CloseDate,\"found \"\"19.3.2024\"\", wanted a date as RFC 3339\",\"3,2024-03-01,Closed,5,5,19.3.2024,Ames\"",
        "h.csv:5,ListPrice,\"found \"\"-1\"\", wanted a number that is not negative\",\"4,2024-03-01,Active,-1,,,Ames\"",
        "h.csv:6,,the row holds a NUL byte,\"5,2024-03-01,Active,5,,,A\0mes\"",
        "h.csv:7,,the row is not UTF-8,\"6,2024-03-01,Active,5,,,Am\u{fffd}\"",
        "h.csv:8,,\"found 6 fields, wanted 7\",\"7,2024-03-01,Active,5,,\"",
        "h.csv:9,StandardStatus,\"found \"\"Gone Fishing\"\", wanted a StandardStatus, or an entry in `values` for it\",\"8,2024-03-01",
        "h.csv:10,ListingKey,the row has no ListingKey,\",2024-03-01,Active,5,,,Ames\"",
        "h.csv:12,,\"found 8 fields, wanted 7\",\"10,2024-03-01,Active,5,,,\"\"two\"",
        "h.csv:13,,\"found 2 fields, wanted 7\",\"lines\"\",more\"",
    ];
    let found = refused(&place);
    let cut: Vec<String> = expected
        .iter()
        .map(|line| line.chars().take(SHORT).collect())
        .collect();
    assert_eq!(found, cut);
    assert!(
        place
            .ask(&["ledger"])
            .contains("\nhomes,12,1,0,0,0,0,11,0\n")
    );
}

#[test]
fn every_bad_row_of_ndjson_is_named_by_file_line_and_field() {
    let mut rows: Vec<u8> = Vec::new();
    let long = format!("{{\"id\":\"4\",\"x\":\"{}\"}}", "y".repeat(10_000_000));
    for row in [
        &b"{\"id\":\"1\",\"at\":\"2024-03-01\" \"status\"}"[..],
        b"{\"id\":\"2\xff\",\"at\":\"2024-03-01\",\"status\":\"Active\"}",
        b"{\"id\":\"3\0\",\"at\":\"2024-03-01\",\"status\":\"Active\"}",
        long.as_bytes(),
        b"{\"id\":\"5\",\"at\":\"never\",\"status\":\"Active\"}",
        b"[]",
        b"{\"id\":\"6\",\"at\":\"2024-03-01\",\"status\":\"Active\",\"price\":5}",
    ] {
        rows.extend_from_slice(row);
        rows.push(b'\n');
    }
    let (place, code, err) = beside_a_good_feed("h.ndjson", Some(&rows));
    assert_eq!((code, err.as_str()), (0, ""));
    let found = refused(&place);
    for (line, start) in found.iter().zip([
        "h.ndjson:1,,\"it is no JSON object: at byte 29, wanted a , or the end of the object\"",
        "h.ndjson:2,,the row is not UTF-8",
        "h.ndjson:3,,the row holds a NUL byte",
        "h.ndjson:4,,the row is longer than 1048576 bytes",
        "h.ndjson:5,ModificationTimestamp,\"found \"\"never\"\", wanted a date as RFC 3339\"",
        "h.ndjson:6,,\"it is no JSON object: at byte 1, wanted an object, which begins with {\"",
    ]) {
        assert!(line.starts_with(start), "{line}");
    }
    assert!(place.ask(&["ledger"]).contains("\nhomes,7,1,0,0,0,0,6,0\n"));
}

#[test]
fn a_gz_that_ends_early_gives_its_whole_rows_and_one_refusal() {
    use std::io::Write;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for number in 0..5000 {
        writeln!(
            writer,
            "{{\"id\":\"{number}\",\"at\":\"2024-03-01\",\"status\":\"Active\"}}"
        )
        .expect("memory");
    }
    let bytes = writer.finish().expect("memory");
    let (place, code, err) = beside_a_good_feed("h.ndjson.gz", Some(&bytes[..bytes.len() / 2]));
    assert_eq!((code, err.as_str()), (0, ""));
    let found = refused(&place);
    assert_eq!(found.len(), 1);
    let line: usize = found[0]
        .strip_prefix("h.ndjson.gz:")
        .and_then(|rest| rest.split(',').next()?.parse().ok())
        .expect("a line number");
    assert!(found[0].contains("gzip stream ends early"), "{found:?}");
    let ledger = place.ask(&["ledger"]);
    let whole = line - 1;
    assert!(
        ledger.contains(&format!("\nhomes,{line},{whole},0,0,0,0,1,0\n")),
        "{ledger}"
    );
}

#[test]
fn a_quote_that_is_not_closed_costs_its_own_row_alone() {
    let rows = HOMES.replace("285000,,,Ames", "285000,,,\"Ames");
    let (place, code, err) = beside_a_good_feed("h.csv", Some(rows.as_bytes()));
    assert_eq!((code, err.as_str()), (0, ""));
    let found = refused(&place);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("h.csv:4,,"), "{found:?}");
    assert!(place.ask(&["ledger"]).contains("\nhomes,6,4,0,0,0,0,2,0\n"));
}

#[test]
fn an_empty_file_and_a_header_alone_are_no_mistake() {
    for text in [
        "",
        "\n",
        "id,at,status,price,paid,closed,city",
        "id,at,status,price,paid,closed,city\r\n",
    ] {
        let place = Place::new();
        place
            .write("h.csv", text)
            .write("c.toml", instance("history", "h.csv", ""));
        place.run_well();
        assert!(
            place.ask(&["ledger"]).contains("\nhomes,0,0,0,0,0,0,0,0\n"),
            "{text:?}"
        );
    }
}
