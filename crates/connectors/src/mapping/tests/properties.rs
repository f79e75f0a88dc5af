//! Any bytes: no panic, one record a row, and no row that depends on the rows before it.

use freehold_kernel::record::{Record, Records};
use proptest::prelude::*;

use super::{format, parsed, told};

const EVERYTHING: &str = r#"
map.ListPrice = { column = "a", zero = "null" }
map.ClosePrice = { column = "b", unit = "thousands", extract = '(\d+)' }
map.CloseDate = { column = "c", format = ["%m/%d/%Y", "unix_ms", "unix", "days since 1960-01-01", "%d.%m.%Y %H:%M"] }
map.PostalCode = "a"
map.LivingArea = { column = "b", unit = { column = "c" } }
map.Latitude = "b"
map.City = { template = "{a} / {b}", values = { x = "y" }, otherwise = "z" }
map.X_Own = "c"
allow_missing_columns = true
"#;

fn told_of(more: &str, path: &str, bytes: &[u8]) -> Vec<String> {
    let parsed = parsed(&format(more, path), path, bytes).expect("the file fits");
    Records::new(&parsed.records)
        .map(|record| told(&record.expect("a whole record")))
        .collect()
}

/// Bytes that mean something to some reader, and any others.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        4 => prop::sample::select(b"ida,\"\n\r\t{}[]:\\ 0123456789-/.$u+eTZ\0\xff\xc3\xa9".to_vec()),
        1 => any::<u8>(),
    ];
    prop::collection::vec(byte, 0..300)
}

proptest! {
    #[test]
    fn any_bytes_of_any_form_are_read_without_panic(bytes in noise(), latin: bool) {
        let encoding = if latin { "encoding = \"latin-1\"" } else { "" };
        let more = format!("{EVERYTHING}\n{encoding}");
        for path in ["x.csv", "x.tsv", "x.ndjson"] {
            told_of(&more, path, &bytes);
            let headerless = format!("{more}\nheader = false\ncolumns = [\"id\", \"at\", \"a\", \"b\", \"c\"]");
            told_of(&headerless, path, &bytes);
        }
    }

    #[test]
    fn lines_of_json_give_one_record_each(lines in prop::collection::vec("[^\\n\\x{feff}]{0,30}", 0..8)) {
        let rows = told_of("", "x.ndjson", lines.join("\n").as_bytes());
        let blank = |line: &&String| line.bytes().all(|byte| byte.is_ascii_whitespace());
        let wanted = lines.len() - lines.iter().filter(blank).count();
        prop_assert_eq!(rows.len(), wanted);
    }

    #[test]
    fn quoted_cells_come_back_as_they_were(
        cells in prop::collection::vec(prop::collection::vec("[ab\",\\n]{1,6}", 2), 1..12),
    ) {
        let mut text = String::from("id,at,a,b\n");
        for (number, row) in cells.iter().enumerate() {
            let quoted = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\"")));
            text.push_str(&format!("{number},2024-03-01,{}\n", quoted.collect::<Vec<_>>().join(",")));
        }
        let more = "map.X_A = \"a\"\nmap.X_B = \"b\"\nnull = []";
        let format = format(more, "x.csv");
        let parsed = parsed(&format, "x.csv", text.as_bytes()).expect("the file fits");
        let mut count = 0;
        for (record, row) in Records::new(&parsed.records).zip(&cells) {
            let Ok(Record::Observation(found)) = record else {
                return Err(TestCaseError::fail(format!("refused: {record:?}")));
            };
            prop_assert_eq!(found.profile.local("X_A"), Some(row[0].trim()));
            prop_assert_eq!(found.profile.local("X_B"), Some(row[1].trim()));
            count += 1;
        }
        prop_assert_eq!(count, cells.len());
    }

    #[test]
    fn a_row_is_read_the_same_whatever_came_before(
        rows in prop::collection::vec("[0-9]{0,2},(2024-03-0[1-9]|x),[$0-9.-]{0,4},[0-9]{0,3},(ft2|m2|3/4/2020|)", 1..8),
    ) {
        let head = "id,at,a,b,c\n";
        let together = told_of(EVERYTHING, "x.csv", format!("{head}{}\n", rows.join("\n")).as_bytes());
        let strip = |row: &String| row.split_once(' ').filter(|(place, _)| place.starts_with("x.csv:"))
            .map_or_else(|| row.clone(), |(_, rest)| rest.to_owned());
        let alone: Vec<String> = rows.iter()
            .flat_map(|row| told_of(EVERYTHING, "x.csv", format!("{head}{row}\n").as_bytes()))
            .collect();
        prop_assert_eq!(
            together.iter().map(strip).collect::<Vec<_>>(),
            alone.iter().map(strip).collect::<Vec<_>>()
        );
    }
}
