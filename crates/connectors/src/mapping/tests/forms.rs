//! Files in odd forms: headers, banners, line ends, encodings; and the lines that refusals name.

use super::{format, mapping, parsed, rows};
use crate::format::{FileProblem, Format};

const CITY: &str = "map.City = \"city\"";
const TWO: [&str; 2] = ["1, City Ames", "2, City Boone"];

#[test]
fn headers_are_found_under_blank_lines_banners_and_marks() {
    let body = "id,at,city\n1,2024-03-01,Ames\n2,2024-03-02,Boone\n";
    for text in [
        body.to_owned(),
        format!("\n \r\n{body}"),
        format!("\u{feff}{body}"),
        body.replace('\n', "\r\n"),
        body.replace('\n', "\r"),
        body.replace("id,at", " ID ,\" AT \""),
        body.replace("city", "city,id")
            .replace("Ames", "Ames,9")
            .replace("Boone", "Boone,9"),
    ] {
        assert_eq!(rows(CITY, "x.csv", &text), TWO, "{text:?}");
    }
    let banner = format!("Sales, \"so far\n\n{body}");
    assert_eq!(
        rows(&format!("skip_lines = 1\n{CITY}"), "x.csv", banner),
        TWO
    );
}

#[test]
fn a_header_may_come_or_not() {
    let auto = format!("header = \"auto\"\ncolumns = [\"id\", \"at\", \"city\"]\n{CITY}");
    let body = "1,2024-03-01,Ames\n2,2024-03-02,Boone\n";
    for text in [body.to_owned(), format!("id,at,city\n{body}")] {
        assert_eq!(rows(&auto, "x.csv", text), TWO);
    }
    assert!(rows(&auto, "x.csv", "").is_empty());
    assert!(rows(CITY, "x.csv", "").is_empty());
    assert!(rows(CITY, "x.csv", "id,at,city").is_empty());
}

#[test]
fn a_header_that_is_not_complete_waits_for_more() {
    let format = format(CITY, "x.csv");
    for head in ["", "\n", "id,at,ci", "id,\"a\nt"] {
        let opened = format.open_file("x.csv", head.as_bytes(), false);
        assert_eq!(opened.err(), Some(FileProblem::NeedMore), "{head:?}");
    }
}

#[test]
fn a_column_that_is_not_there_is_named_with_its_field() {
    let found = parsed(&format(CITY, "x.csv"), "x.csv", b"id,at,citty\n").err();
    let Some(FileProblem::Unfit {
        field,
        reason,
        hint,
    }) = found
    else {
        panic!("{found:?}");
    };
    assert_eq!(field, "City");
    assert_eq!(
        reason,
        "there is no column \"city\"; the header has id, at, citty"
    );
    assert_eq!(hint.as_deref(), Some("did you mean \"citty\"?"));
    let lax = format!("allow_missing_columns = true\n{CITY}");
    assert_eq!(rows(&lax, "x.csv", "id,at\n1,2024-03-01\n"), ["1"]);
}

#[test]
fn refusals_name_the_line_on_which_a_row_begins() {
    let lines = "id,at,city\n1,2024-03-01,\"a\nb\"\n\n2,never,x\n3,2024-03-01\n\n\n4,never,\"a\nb\"\n5,never,x";
    for (text, name) in [
        (lines.to_owned(), "lf"),
        (lines.replace('\n', "\r\n"), "crlf"),
    ] {
        let found = rows(CITY, "x.csv", text);
        let places: Vec<&str> = found
            .iter()
            .skip(1)
            .map(|row| row.split(' ').next().expect("a place"))
            .collect();
        assert_eq!(
            places,
            ["x.csv:5", "x.csv:6", "x.csv:9", "x.csv:11"],
            "{name}: {found:?}"
        );
    }
}

#[test]
fn latin_1_is_read_in_headers_and_cells() {
    let more = "encoding = \"latin-1\"\nmap.City = \"Ortschaft \u{fc}\"";
    let found = rows(
        more,
        "x.csv",
        b"id,at,Ortschaft \xfc\n1,2024-03-01,Z\xfcrich\n",
    );
    assert_eq!(found, ["1, City Z\u{fc}rich"]);
    let utf8 = rows(
        CITY,
        "x.csv",
        b"id,at,city\n1,2024-03-01,Z\xfcrich\n2,2024-03-01,Ames\n",
    );
    assert_eq!(utf8, ["x.csv:2 : the row is not UTF-8", "2, City Ames"]);
}

#[test]
fn delimiters_and_quotes_are_the_configured_ones() {
    for (more, path, text) in [
        ("", "x.tsv", "id\tat\tcity\n1\t2024-03-01\tAmes, IA\n"),
        (
            "delimiter = \"|\"",
            "x.txt",
            "id|at|city\n1|2024-03-01|Ames, IA\n",
        ),
        (
            "quote = \"'\"",
            "x.csv",
            "id,at,city\n1,2024-03-01,'Ames, IA'\n",
        ),
        (
            "format = \"csv\"",
            "x.json",
            "id,at,city\n1,2024-03-01,\"Ames, IA\"\n",
        ),
        (
            "",
            "x.jsonl.gz",
            "{\"id\":1,\"at\":\"2024-03-01\",\"city\":\"Ames, IA\"}",
        ),
    ] {
        assert_eq!(
            rows(&format!("{more}\n{CITY}"), path, text),
            ["1, City Ames, IA"],
            "{more} {path}"
        );
    }
}

#[test]
fn names_of_files_fill_columns_and_date_snapshots() {
    let more = "
file_name_pattern = '(?P<taken>\\d{4}-\\d{2}-\\d{2})_(?P<site>[a-z]+)'
snapshot = { time = { column = \"taken\" }, shrink_max = \"30%\" }
map.X_Site = \"site\"
";
    let format = format(more, "in/*.csv");
    let head = b"id,at\n1,2024-03-01\n";
    let opened = format
        .open_file("in/2024-03-05_cnj.csv", head, true)
        .expect("it fits");
    let end = opened.snapshot_end.expect("a snapshot");
    assert_eq!(
        (end.day.to_string().as_str(), end.shrink_percent_max),
        ("2024-03-05", 30)
    );
    let found = rows(more, "in/2024-03-05_cnj.csv", head);
    assert_eq!(found, ["1, X_Site cnj"]);
    let found = format.open_file("in/today.csv", head, true).err();
    assert!(
        matches!(found, Some(FileProblem::Unfit { .. })),
        "{found:?}"
    );
}

#[test]
fn mistakes_in_a_mapping_are_all_told() {
    let found = mapping(
        "format = \"cvs\"\ndelimiter = \"::\"\nheader = \"no\"\nencoding = \"utf8\"\nskip_lines = -1\n\
         time_zone = \"Mars\"\ncurrency = \"dollars\"\nfile_name_pattern = \"(\"\nsnapshot = { shrink_max = \"200%\" }\n\
         nul = []\nmap.ListPrice = { column = \"a\", unit = \"euros\" }\nmap.CloseDate = { format = \"%Y\" }\n\
         map.City = 5\nmap.LivingArea = { column = \"b\", unit = \"acres\" }\nmap.Cty = \"c\"\n\
         map.PropertyType = { column = \"d\", values = { a = \"Castle\" } }\nmap.YearBuilt = { template = \"{a\" }",
    );
    let found = found.expect_err("mistakes");
    for key in [
        "format: found \"cvs\"",
        "delimiter:",
        "header:",
        "encoding:",
        "skip_lines:",
        "time_zone:",
        "currency:",
        "file_name_pattern:",
        "snapshot.shrink_max:",
        "snapshot.time: is missing",
        "nul: found an unknown key",
        "map.ListPrice.unit:",
        "map.CloseDate.column:",
        "map.CloseDate.format:",
        "map.City:",
        "map.LivingArea.unit:",
        "map.Cty:",
        "map.PropertyType.values.a:",
        "map.YearBuilt.template:",
    ] {
        assert!(
            found
                .iter()
                .any(|line| line.starts_with(&format!("feed[0].{key}"))),
            "{key}: {found:#?}"
        );
    }
    assert_eq!(found.len(), 19, "{found:#?}");
}

#[test]
fn an_open_quote_costs_its_own_row_alone() {
    let text = "id,at,city\n1,2024-03-01,8\" pipe\n2,2024-03-01,\"Ames\n3,2024-03-01,Ames\n\n4,never,Ames\n5,2024-03-01,Ames\n";
    let expected = [
        "1, City 8\" pipe",
        "x.csv:3 : a quote in the row is not closed",
        "3, City Ames",
        "x.csv:6 ModificationTimestamp: found \"never\", wanted a date as RFC 3339",
        "5, City Ames",
    ];
    assert_eq!(rows(CITY, "x.csv", text), expected);
    // The next quote closes it, in the middle of another row.
    let closed = "id,at,city\n1,2024-03-01,\"Ames\n2,2024-03-01,Ames\n3,2024-03-01,\"Boone, IA\"\n";
    let expected = [
        "x.csv:2 : found 4 fields, wanted 3",
        "2, City Ames",
        "3, City Boone, IA",
    ];
    assert_eq!(rows(CITY, "x.csv", closed), expected);
    let many = format!("id,at,city\n{}", "x\"y,2024-03-01,\"z\n".repeat(1000));
    let found = rows(CITY, "x.csv", many);
    assert_eq!(found.len(), 1000);
    assert_eq!(
        found[999],
        "x.csv:1001 : too many quotes before the row are not closed"
    );
}
