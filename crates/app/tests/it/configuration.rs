//! `check`, `init` and `config schema`: mistakes are told before anything runs, all at once.

use crate::feeds::{HOMES, instance};
use crate::place::{Place, example};

#[test]
fn every_mistake_is_told_at_once_with_key_found_wanted_and_hint() {
    let place = Place::new();
    let text = r#"
[instance]
identty = "listing"
time_zone = "Mars/Base"
[epoch]
rows_max = "many"
[[level]]
name = "x"
key = "Nope"
[[feed]]
name = "a"
path = "${FREEHOLD_TEST_NOT_SET}/a.csv"
uses = ["analytic"]
mode = "lvie"
[feed.map]
ListingKy = "id"
StandardStatus = { constant = "Sleeping" }
ModificationTimestamp = { column = "at", format = "someday" }
"#;
    place.write("bad.toml", text);
    let said = place.say(&["check", "--config", "bad.toml"]);
    assert_eq!((said.code, said.out.as_str()), (2, ""));
    let expected = r#"freehold: bad.toml has 11 mistakes:
  bad.toml: feed[0].path: found ${FREEHOLD_TEST_NOT_SET}; wanted a variable that is set (set FREEHOLD_TEST_NOT_SET in the environment, or write ${FREEHOLD_TEST_NOT_SET:-default})
  bad.toml: instance.time_zone: found "Mars/Base"; wanted an IANA time zone such as "America/Chicago"
  bad.toml: instance.identty: found an unknown key with "listing"; wanted one of identity, time_zone, threads, horizon, relist_gap, non_disclosure (did you mean identity?)
  bad.toml: epoch.rows_max: found "many"; wanted a whole number from 1 to 10000000
  bad.toml: level[0].key: found "Nope"; wanted text fields such as PostalCode, City, CountyOrParish, StateOrProvince, or X_… of your own
  bad.toml: feed[0].mode: found "lvie"; wanted live | history (did you mean "live"?)
  bad.toml: feed[0].uses: found "analytic"; wanted analytics | display
  bad.toml: feed[0].map.ListingKy: found no canonical field; wanted a canonical field, or a name of your own that begins with X_ (did you mean ListingKey?)
  bad.toml: feed[0].map.ModificationTimestamp.format: found "someday"; wanted rfc3339, unix, unix_ms, "days since YYYY-MM-DD" or a strptime pattern: it is no format
  bad.toml: feed[0].map.StandardStatus.constant: found "Sleeping"; wanted Active | Active Under Contract | Canceled | Closed | Coming Soon | Delete | Expired | Hold | Incomplete | Pending | Withdrawn | Removed
  bad.toml: feed[0].map.ListingKey: is missing; wanted a column, a template or a constant: every row needs it
"#;
    assert_eq!(said.err, expected);
    // `run` finds the same and makes no data directory.
    let run = place.say(&["run", "--config", "bad.toml", "--data-dir", "d"]);
    assert_eq!((run.code, run.err.as_str()), (2, expected));
    assert!(!place.path("d").exists());
}

#[test]
fn a_syntax_error_names_its_line() {
    let place = Place::new();
    place.write("syntax.toml", "[instance]\nidentity = = 3\n");
    let said = place.say(&["check", "--config", "syntax.toml"]);
    assert_eq!(said.code, 2);
    assert!(
        said.err.contains("syntax.toml: (syntax)") && said.err.contains("line 2"),
        "{}",
        said.err
    );
}

#[test]
fn what_no_row_could_ever_use_is_a_mistake() {
    let place = Place::new();
    let good = instance("history", "homes.csv", "");
    for (from, to, wanted) in [
        (
            "name = \"homes\"",
            "name = \"a/b\"",
            "feed[0].name: found \"a/b\"",
        ),
        (
            "path = \"homes.csv\"",
            "path = \"\"",
            "feed[0].path: is missing",
        ),
        ("key = \"City\"", "key = []", "level[0].key"),
        (
            "\"price\"",
            "{ constant = \"abc\" }",
            "feed[0].map.ListPrice.constant: found \"abc\"",
        ),
        (
            "\"at\"",
            "{ column = \"at\", format = \"%Z\" }",
            "feed[0].map.ModificationTimestamp.format",
        ),
    ] {
        assert!(good.contains(from), "{from}");
        place.write("c.toml", good.replace(from, to));
        let said = place.say(&["check", "--config", "c.toml"]);
        assert_eq!(said.code, 2, "{to}");
        assert!(
            said.err.contains("has 1 mistake:") && said.err.contains(wanted),
            "{}",
            said.err
        );
    }
}

#[test]
fn a_sample_shows_raw_canonical_and_areas() {
    let place = Place::new();
    let rows: String = HOMES
        .lines()
        .take(2)
        .chain(["3,2024-03-21,Active,-5,,,Boone"])
        .map(|line| format!("{line}\n"))
        .collect();
    place
        .write("homes.csv", rows)
        .write("c.toml", instance("history", "homes.csv", ""));
    let said = place.say(&["check", "--config", "c.toml", "--sample", "5"]);
    let expected = "\
feed homes: homes.csv

  raw        1,2024-03-01T10:00:00Z,Active,300000,,,Ames
  canonical  ListingKey=1; ModificationTimestamp=2024-03-01T10:00:00.000Z (local 2024-03-01); StandardStatus=Active; ListPrice=300000; City=Ames
  areas      city=Ames

  raw        3,2024-03-21,Active,-5,,,Boone
  refused    ListPrice: found \"-5\", wanted a number that is not negative (homes.csv:3)

c.toml is good: 1 feeds
";
    assert_eq!(
        (said.code, said.out.as_str(), said.err.as_str()),
        (0, expected, "")
    );
}

#[test]
fn a_sample_tells_of_each_feed_that_does_not_fit() {
    use crate::feeds::{INSTANCE, MAP, feed};
    let place = Place::new();
    place
        .write("b.csv", HOMES.replace("price,", "prise,"))
        .write("c.csv.gz", [0x1f, 0x8b, 8, 0, 1])
        .write("d.csv", HOMES);
    let feeds: String = [
        ("a", "nowhere.csv"),
        ("b", "b.csv"),
        ("c", "c.csv.gz"),
        ("d", "d.csv"),
    ]
    .map(|(name, path)| feed(name, "history", path, "", MAP))
    .concat();
    place.write("c.toml", format!("{INSTANCE}{feeds}"));
    let said = place.say(&["check", "--config", "c.toml", "--sample", "1"]);
    assert_eq!((said.code, said.err.as_str()), (2, ""));
    for wanted in [
        "feed a: no file matches nowhere.csv",
        "feed b: b.csv: ListPrice: there is no column \"price\"",
        "feed c: read c.csv.gz: ",
        "feed d: d.csv\n",
    ] {
        assert!(said.out.contains(wanted), "{wanted}: {}", said.out);
    }
}

/// A draft is good when its TODO lines are done: what the draft says is missing, filled in here.
fn check_draft(place: &Place, file: &str, done: &str) {
    let draft = place.say(&["init", file]);
    assert_eq!((draft.code, draft.err.as_str()), (0, ""), "{file}");
    let filled = format!(
        "{}\n{done}",
        draft
            .out
            .replace("values = {}", "values = {}, otherwise = \"Other\"")
            .replace(
                "StandardStatus = { column = \"status\", values = {}, otherwise = \"Other\" }",
                "StandardStatus = \"status\""
            )
    );
    place.write("draft.toml", &filled);
    let said = place.say(&["check", "--config", "draft.toml", "--sample", "2"]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (0, ""),
        "{file}:\n{filled}\n{}",
        said.out
    );
    assert!(
        said.out.contains("canonical"),
        "{file}:\n{filled}\n{}",
        said.out
    );
}

#[test]
fn drafts_of_the_shapes_of_the_examples_pass_the_check() {
    let place = Place::new();
    place.write("king.csv", "sale_id,pinx,sale_date,sale_price,use_type,area,lat\n2010..1,1..02,2010-01-04,500000,sfr,66,47.6\n");
    check_draft(&place, "king.csv", "");
    place.write("grinnell.csv", "rownames,Date,Bedrooms,Baths,SquareFeet,YearBuilt,Address,OrigPrice,ListPrice,SalePrice\n1,16695,3,1,1000,1900,1 Elm,27000,27000,25000\n");
    check_draft(
        &place,
        "grinnell.csv",
        "ModificationTimestamp = { column = \"Date\", format = \"days since 1960-01-01\" }",
    );
    place.write("craigslist.csv", "CL State,Post ID,Title,Date Posted,Price,Location,Bedrooms,Area\nNew_Jersey,123,\"A \"\"fine\"\" flat\",2020-12-05,$2150,Montclair,2,750ft2\n");
    check_draft(&place, "craigslist.csv", "");
    place.write("nyc.csv", "Manhattan Rolling Sales File,,,,,\n\"As of\",,,,,\n,,,,,\nFor all,,,,,\nBOROUGH,BLOCK,LOT, ADDRESS ,SALE PRICE,SALE DATE\n1,373,40,\"1 AVENUE B\",\" 7,738,700 \",4/3/2017\n1,373,41,\"2 AVENUE B\", -   ,4/4/2017\n");
    check_draft(
        &place,
        "nyc.csv",
        "ListingKey = { template = \"{BLOCK}-{LOT}\" }",
    );
    place.write("rows.ndjson", "{\"id\":\"1\",\"updated\":\"2024-03-01T00:00:00Z\",\"status\":\"Active\",\"price\":5,\"odd\\u0001 \\\"name\\\"\":\"x\"}\n");
    check_draft(&place, "rows.ndjson", "");
}

#[test]
fn drafts_of_odd_files_end_without_panic_and_are_toml() {
    let place = Place::new();
    let mut noise = 7u32;
    let binary: Vec<u8> = (0..5000)
        .map(|_| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 24) as u8
        })
        .collect();
    let odd: [(&str, &[u8]); 6] = [
        ("empty.csv", b""),
        ("blank.csv", b"\n\n\n"),
        ("binary.csv", &binary),
        ("quote.csv", b"\"never closed\n1,2"),
        ("array.json", b"[{\"a\":1}]"),
        (
            "control.csv",
            b"\0a,b\x01,\"c\"\"d\",\x7f,status\n1,2,3,4,\x02\x0bx\n",
        ),
    ];
    for (name, bytes) in odd {
        place.write(name, bytes);
        let said = place.say(&["init", name]);
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}");
        if let Err(error) = said.out.parse::<toml::Table>() {
            panic!("{name}: {error}\n{}", said.out);
        }
    }
    assert_eq!(place.say(&["init", "nowhere.csv"]).code, 1);
}

#[test]
fn the_shipped_examples_are_good() {
    let place = Place::new();
    for name in [
        "king-county.toml",
        "grinnell.toml",
        "craigslist.toml",
        "nyc-rolling-sales.toml",
    ] {
        place.write(name, example(name));
        let said = place.say(&["check", "--config", name]);
        assert_eq!(
            (said.code, said.out),
            (0, format!("{name} is good: 1 feeds\n")),
            "{}",
            said.err
        );
    }
}

#[test]
fn a_lookup_table_may_quote_its_cells() {
    let place = Place::new();
    place.write("metros.csv", "city,metro\n\"Boone, IA\",\"Ames, IA\"\nAmes,\"Ames, IA\"\n\"Say \"\"Hi\"\"\",\"two\nlines\"\n");
    let level = "[[level]]\nname = \"metro\"\nlookup = { field = \"City\", file = \"metros.csv\", from = \"city\", to = \"metro\" }\n";
    place.write("homes.csv", HOMES).write(
        "c.toml",
        format!("{}\n{level}", instance("history", "homes.csv", "")),
    );
    place.run_well();
    let line = [
        "markets",
        "--level",
        "metro",
        "--measure",
        "active_count",
        "--window",
        "now",
    ];
    assert_eq!(
        place.ask(&line),
        "level,area,segment,kind,measure,variant,window,date,value,unit,n,n_excluded,status\n\
         metro,\"Ames, IA\",all,sale,active_count,own,now,2024-03-22,2,count,2,0,current\n"
    );
}

#[test]
fn a_lookup_that_cannot_be_read_is_a_mistake_of_the_configuration() {
    let place = Place::new();
    let level = |file: &str, to: &str| {
        format!(
            "[[level]]\nname = \"metro\"\nlookup = {{ field = \"City\", file = \"{file}\", from = \"city\", to = \"{to}\" }}\n"
        )
    };
    place.write("metros.csv", "city,metro\nAmes,Ames\n");
    for (file, to, wanted) in [
        ("nowhere.csv", "metro", "nowhere.csv"),
        (
            "metros.csv",
            "merto",
            "it has no column \"merto\"; it has city, metro",
        ),
    ] {
        place.write(
            "c.toml",
            format!("{}\n{}", instance("history", "h.csv", ""), level(file, to)),
        );
        let said = place.say(&["check", "--config", "c.toml"]);
        assert_eq!(said.code, 2);
        assert!(
            said.err.contains("level[1].lookup.file") && said.err.contains(wanted),
            "{}",
            said.err
        );
    }
}
