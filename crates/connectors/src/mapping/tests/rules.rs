//! Each rule of a field, on texts as real feeds write them.

use freehold_kernel::record::{Record, Records};

use super::{format, parsed, rows};

/// What one cell becomes under a rule.
fn cell(rule: &str, text: &str) -> String {
    let quoted = text.replace('"', "\"\"");
    let csv = format!("id,at,x,y\n1,2024-03-01,\"{quoted}\",m2\n");
    let mut found = rows(rule, "x.csv", csv);
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn prices_are_exact_in_every_unit() {
    for (rule, text, expected) in [
        ("map.ListPrice = \"x\"", " 7,738,700 ", "1, list 773870000"),
        ("map.ListPrice = \"x\"", "$2150", "1, list 215000"),
        ("map.ListPrice = \"x\"", " -   ", "1"),
        ("map.ListPrice = \"x\"", "0", "1, list 0"),
        (
            "map.ListPrice = { column = \"x\", zero = \"null\" }",
            "$0.00",
            "1",
        ),
        (
            "map.ListPrice = { column = \"x\", unit = \"cents\" }",
            "12345",
            "1, list 12345",
        ),
        (
            "map.ListPrice = { column = \"x\", unit = \"thousands\" }",
            "389.5",
            "1, list 38950000",
        ),
        ("map.ListPrice = { constant = 1500 }", "", "1, list 150000"),
        (
            "map.ListPrice = \"x\"",
            "1.250,00",
            "x.csv:2 ListPrice: found \"1.250,00\", wanted a number",
        ),
        (
            "map.ListPrice = \"x\"",
            "-1",
            "x.csv:2 ListPrice: found \"-1\", wanted a number that is not negative",
        ),
        (
            "map.ListPrice = { column = \"x\", required = true }",
            "NA",
            "x.csv:2 ListPrice: found \"\", wanted a value: the field is required",
        ),
        (
            "map.ListPrice = { column = \"x\", required = true, zero = \"null\" }",
            "0",
            "x.csv:2 ListPrice: found \"0\", wanted a value other than 0",
        ),
    ] {
        assert_eq!(cell(rule, text), expected, "{rule} {text:?}");
    }
}

#[test]
fn areas_have_units_and_may_be_extracted() {
    for (rule, text, expected) in [
        (
            "map.LivingArea = { column = \"x\", extract = '^(\\d+)ft2$' }",
            "750ft2",
            "1, 75000 Square Feet",
        ),
        (
            "map.LivingArea = { column = \"x\", extract = '^(\\d+)ft2$' }",
            "750",
            "1",
        ),
        (
            "map.LivingArea = { column = \"x\", unit = \"m2\" }",
            "70.5",
            "1, 7050 Square Meters",
        ),
        (
            "map.LivingArea = { column = \"x\", unit = { column = \"y\" } }",
            "70",
            "1, 7000 Square Meters",
        ),
        (
            "map.LivingArea = { column = \"x\", unit = { column = \"id\" } }",
            "70",
            "x.csv:2 LivingArea: found \"1\", wanted a unit: Square Feet or Square Meters",
        ),
    ] {
        assert_eq!(cell(rule, text), expected, "{rule} {text:?}");
    }
}

#[test]
fn texts_are_trimmed_translated_and_put_together() {
    for (rule, text, expected) in [
        ("map.PostalCode = \"x\"", "7030", "1, PostalCode 07030"),
        (
            "map.PostalCode = \"x\"",
            "07030-1234",
            "1, PostalCode 07030",
        ),
        ("map.City = \"x\"", "  New   York ", "1, City New York"),
        (
            "map.City = { column = \"x\", values = { NYC = \"New York\" } }",
            "NYC",
            "1, City New York",
        ),
        (
            "map.City = { column = \"x\", values = { NYC = \"New York\" } }",
            "Ames",
            "1, City Ames",
        ),
        (
            "map.City = { column = \"x\", values = { NYC = \"New York\" }, otherwise = \"?\" }",
            "Ames",
            "1, City ?",
        ),
        (
            "map.City = { template = \"{{{x}}}/{y}\" }",
            "Ames",
            "1, City {Ames}/m2",
        ),
        ("null = [\"unknown\"]\nmap.City = \"x\"", "unknown", "1"),
        ("null = [\"unknown\"]\nmap.City = \"x\"", "-", "1, City -"),
    ] {
        assert_eq!(cell(rule, text), expected, "{rule} {text:?}");
    }
    let long = "x".repeat(20_000);
    for field in ["City", "PostalCode", "X_Own"] {
        let found = cell(&format!("map.{field} = \"x\""), &long);
        assert!(
            found.contains(&format!("{field}: ")) && found.ends_with("wanted at most 16384 bytes"),
            "{found}"
        );
    }
}

#[test]
fn dates_are_read_in_each_of_their_formats() {
    let dated = |format: &str| format!("map.CloseDate = {{ column = \"x\", format = {format} }}");
    for (format, text, expected) in [
        ("\"rfc3339\"", "2024-03-10", "1, closed 2024-03-10"),
        (
            "\"rfc3339\"",
            "2024-03-10T03:59:59Z",
            "1, closed 2024-03-09",
        ),
        ("\"days since 1960-01-01\"", "16695", "1, closed 2005-09-16"),
        ("\"%m/%d/%Y\"", "4/3/2017", "1, closed 2017-04-03"),
        (
            "[\"%Y-%m-%d\", \"%d.%m.%Y\"]",
            "31.12.2020",
            "1, closed 2020-12-31",
        ),
        ("\"unix\"", "1709251199", "1, closed 2024-02-29"),
        ("\"unix_ms\"", "1709251199000", "1, closed 2024-02-29"),
        (
            "\"unix_ms\"",
            "9223372036854775807",
            "x.csv:2 CloseDate: found \"9223372036854775807\", wanted a date as milliseconds since 1970",
        ),
        (
            "\"rfc3339\"",
            "1888-01-01",
            "x.csv:2 CloseDate: found \"1888-01-01\", wanted a date from 1900 to 2200",
        ),
        (
            "\"%Y-%m-%d\"",
            "2023-02-29",
            "x.csv:2 CloseDate: found \"2023-02-29\", wanted a date as YYYY-MM-DD",
        ),
    ] {
        assert_eq!(cell(&dated(format), text), expected, "{format} {text:?}");
    }
}

#[test]
fn event_times_without_offset_stand_in_their_zone_on_days_of_a_changed_clock() {
    // New York, 10 March 2024: 02:30 does not exist; 3 November: 01:30 comes twice, and the first is meant.
    for (text, instant, day) in [
        ("2024-03-10T01:59:59", 1_710_053_999_000, "2024-03-10"),
        ("2024-03-10T02:30:00", 1_710_055_800_000, "2024-03-10"),
        ("2024-03-10T03:00:00", 1_710_054_000_000, "2024-03-10"),
        ("2024-11-03T01:30:00", 1_730_611_800_000, "2024-11-03"),
        ("2024-11-03T02:00:00", 1_730_617_200_000, "2024-11-03"),
        ("2024-11-03", 1_730_606_400_000, "2024-11-03"),
        ("2024-11-04T04:59:59Z", 1_730_696_399_000, "2024-11-03"),
    ] {
        let csv = format!("id,at\n1,{text}\n");
        let found = parsed(&format("", "x.csv"), "x.csv", csv.as_bytes()).expect("it fits");
        let Some(Ok(Record::Observation(row))) = Records::new(&found.records).next() else {
            panic!("{text} is refused");
        };
        assert_eq!(
            (row.event_time, row.event_day.to_string().as_str()),
            (instant, day),
            "{text}"
        );
    }
}
