//! Drafts a feed's configuration from a file that nobody has described yet: guesses what a person then checks.

use super::csv::first_record;
use super::date::DateFormat;

/// A column with some of its values.
struct Sampled {
    name: String,
    values: Vec<String>,
}

/// Names of columns as feeds give them, lower case without separators, and the canonical field meant.
const KNOWN: &[(&[&str], &str)] = &[
    (
        &[
            "listingkey",
            "listingid",
            "mlsid",
            "mlsnumber",
            "postid",
            "saleid",
            "id",
            "rownames",
            "propertyid",
        ],
        "ListingKey",
    ),
    (
        &[
            "modificationtimestamp",
            "lastupdatedate",
            "lastseendate",
            "updated",
            "updatedat",
            "dateposted",
        ],
        "ModificationTimestamp",
    ),
    (&["standardstatus", "status", "mlsstatus"], "StandardStatus"),
    (&["listprice", "price", "askingprice", "rent"], "ListPrice"),
    (
        &["originallistprice", "origprice", "originalprice"],
        "OriginalListPrice",
    ),
    (
        &["closeprice", "saleprice", "soldprice", "lastsoldprice"],
        "ClosePrice",
    ),
    (
        &["closedate", "saledate", "solddate", "lastsolddate"],
        "CloseDate",
    ),
    (&["onmarketdate", "listdate", "listeddate"], "OnMarketDate"),
    (
        &["purchasecontractdate", "pendingdate"],
        "PurchaseContractDate",
    ),
    (
        &["bedroomstotal", "bedrooms", "beds", "br"],
        "BedroomsTotal",
    ),
    (
        &["bathroomstotalinteger", "bathrooms", "baths", "fullbaths"],
        "BathroomsTotalInteger",
    ),
    (
        &[
            "livingarea",
            "sqft",
            "squarefeet",
            "squarefootage",
            "totsf",
            "grosssquarefeet",
            "area",
        ],
        "LivingArea",
    ),
    (
        &["lotsizesquarefeet", "lotsf", "lotsqft", "landsquarefeet"],
        "LotSizeSquareFeet",
    ),
    (&["yearbuilt"], "YearBuilt"),
    (&["propertytype"], "PropertyType"),
    (&["propertysubtype", "usetype", "style"], "PropertySubType"),
    (
        &[
            "unparsedaddress",
            "address",
            "fullstreetline",
            "formattedaddress",
        ],
        "UnparsedAddress",
    ),
    (&["unitnumber", "unit", "apartmentnumber"], "UnitNumber"),
    (&["city", "location"], "City"),
    (&["countyorparish", "county", "borough"], "CountyOrParish"),
    (&["stateorprovince", "state", "clstate"], "StateOrProvince"),
    (&["postalcode", "zipcode", "zip"], "PostalCode"),
    (&["parcelnumber", "apn", "pin", "pinx"], "ParcelNumber"),
    (&["latitude", "lat"], "Latitude"),
    (&["longitude", "lon", "lng"], "Longitude"),
];

const DATE_FORMATS: &[&str] = &[
    "rfc3339",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%b %d, %Y",
    "%m/%d/%Y %H:%M",
];

/// A commented `[[feed]]` for a file with this name and beginning. Valid TOML; what could not be guessed is
/// left as a comment that begins with `# TODO`.
#[must_use]
pub fn draft(name: &str, head: &[u8]) -> String {
    let file_name = name.rsplit('/').next().unwrap_or(name);
    let base = file_name.trim_end_matches(".gz").trim_end_matches(".zst");
    let feed = base
        .split('.')
        .next()
        .unwrap_or("feed")
        .to_lowercase()
        .replace(|letter: char| !letter.is_alphanumeric(), "-");
    let feed = quoted(if feed.is_empty() { "feed" } else { &feed });
    let path = quoted(name);
    let mut out = format!(
        "[[feed]]\nname = {feed}\ntype = \"file\"\nmode = \"live\"            # or \"history\": a finished past, replayed by its own dates\npath = {path}\nuses = [\"analytics\", \"display\"]   # what the licence permits\ntime_zone = \"America/New_York\"      # TODO: the zone of the area\n"
    );
    let text = String::from_utf8_lossy(head);
    let first_line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    let columns = if first_line.trim_start().starts_with('{') {
        out.push_str("format = \"ndjson\"\n");
        json_columns(&text)
    } else {
        delimited_columns(&text, &mut out)
    };
    out.push_str("\n[feed.map]\n");
    let mut done: Vec<&str> = Vec::new();
    for column in &columns {
        let field = field_of(&column.name)
            .filter(|field| !done.contains(field))
            .filter(|field| *field != "LivingArea" || looks_like_areas(column));
        match field {
            Some(field) => {
                done.push(field);
                out.push_str(&line_of(field, column));
            }
            None => out.push_str(&format!(
                "# TODO: {} is not mapped; values such as {}\n",
                quoted(&column.name),
                examples(column)
            )),
        }
    }
    if !done.contains(&"ModificationTimestamp")
        && let Some(dated) = columns
            .iter()
            .find(|column| done.contains(&"CloseDate") && date_format(column).is_some())
    {
        out.push_str(&line_of("ModificationTimestamp", dated));
        done.push("ModificationTimestamp");
    }
    for (field, hint) in [
        (
            "ListingKey",
            "ListingKey = { template = \"{A}-{B}\" }   # a key that never changes",
        ),
        (
            "ModificationTimestamp",
            "ModificationTimestamp = { column = \"…\", format = \"%Y-%m-%d\" }   # when the row became true",
        ),
    ] {
        if !done.contains(&field) {
            out.push_str(&format!("# TODO: {hint}\n"));
        }
    }
    if !done.contains(&"StandardStatus") {
        let status = if done.contains(&"ClosePrice") {
            "Closed"
        } else {
            "Active"
        };
        out.push_str(&format!(
            "StandardStatus = {{ constant = \"{status}\" }}   # no column says it\n"
        ));
    }
    levels(&done) + &out
}

/// The canonical field that a column's name means: one of the known names, else by its words.
fn field_of(name: &str) -> Option<&'static str> {
    let letters = name.to_lowercase();
    let plain: String = letters
        .chars()
        .filter(|one| one.is_alphanumeric())
        .collect();
    let known = KNOWN
        .iter()
        .find(|(names, _)| names.contains(&plain.as_str()));
    known.map(|(_, field)| *field).or_else(|| by_words(name))
}

/// Money and dates of listing and sale, however a feed joins the words: `List $`, `sold_on`, `ClosingAmount`.
fn by_words(name: &str) -> Option<&'static str> {
    let mut words = String::new();
    for letter in name.chars() {
        match letter {
            '$' => words.push_str(" price "),
            _ if letter.is_uppercase() => words.extend([' ', letter.to_ascii_lowercase()]),
            _ if letter.is_alphanumeric() => words.push(letter),
            _ => words.push(' '),
        }
    }
    // Abbreviations in capitals come apart: `MLS` is no word here.
    let (mut is_original, mut is_list, mut is_close, mut is_price, mut is_date) =
        Default::default();
    for word in words.split_whitespace() {
        match word {
            "original" | "orig" | "first" => is_original = true,
            "list" | "listed" | "listing" | "asking" | "asked" | "ask" => is_list = true,
            "close" | "closed" | "closing" | "sold" | "sale" | "sales" => is_close = true,
            "price" | "amount" | "amt" | "usd" => is_price = true,
            "date" | "on" | "day" | "dt" => is_date = true,
            _ => return None,
        }
    }
    match (is_original, is_list, is_close, is_price, is_date) {
        (false, true, false, true, false) => Some("ListPrice"),
        (true, _, false, true, false) => Some("OriginalListPrice"),
        (false, false, true, true, false) => Some("ClosePrice"),
        (false, true, false, false, true) => Some("OnMarketDate"),
        (false, false, true, false, true) => Some("CloseDate"),
        _ => None,
    }
}

/// Levels of areas that the mapped fields give, finest first.
fn levels(mapped: &[&str]) -> String {
    let has_state = mapped.contains(&"StateOrProvince");
    let mut out = String::from("# Markets are kept for each area of each level.\n");
    for (name, field) in [
        ("zip", "PostalCode"),
        ("city", "City"),
        ("county", "CountyOrParish"),
        ("state", "StateOrProvince"),
    ] {
        if !mapped.contains(&field) {
            continue;
        }
        let in_state = has_state && matches!(name, "city" | "county");
        let key = if in_state {
            format!("[\"{field}\", \"StateOrProvince\"]")
        } else {
            format!("\"{field}\"")
        };
        out.push_str(&format!("[[level]]\nname = \"{name}\"\nkey = {key}\n\n"));
    }
    out.push_str("[[level]]\nname = \"all\"\nconstant = \"all\"\n\n");
    out
}

/// Whether most values are areas of homes: with a unit, or at least 200. A column named `area` may as well number
/// a part of the town.
fn looks_like_areas(column: &Sampled) -> bool {
    let filled: Vec<&String> = column
        .values
        .iter()
        .filter(|value| !value.trim().is_empty())
        .collect();
    let is_area = |value: &&&String| {
        let digits: String = value
            .chars()
            .filter(|letter| letter.is_ascii_digit() || *letter == '.')
            .collect();
        let has_unit = value
            .trim_end()
            .ends_with(|last: char| last.is_alphanumeric() && !last.is_ascii_digit())
            || value.trim_end().ends_with("ft2")
            || value.trim_end().ends_with("m2");
        has_unit || digits.parse::<f64>().is_ok_and(|number| number >= 200.0)
    };
    filled.iter().filter(is_area).count() * 2 > filled.len()
}

fn line_of(field: &str, column: &Sampled) -> String {
    let name = quoted(&column.name);
    let is_dated = matches!(
        field,
        "ModificationTimestamp" | "CloseDate" | "OnMarketDate" | "PurchaseContractDate"
    );
    if is_dated {
        return match date_format(column) {
            Some("rfc3339") => format!("{field} = {name}\n"),
            Some(format) => format!("{field} = {{ column = {name}, format = {format:?} }}\n"),
            None => format!(
                "{field} = {{ column = {name} }}   # TODO: format; values such as {}\n",
                examples(column)
            ),
        };
    }
    match field {
        "LivingArea" if column.values.iter().any(|value| value.ends_with("ft2")) => {
            format!("{field} = {{ column = {name}, unit = \"ft2\", extract = '^(\\d+)ft2$' }}\n")
        }
        "LivingArea" => format!("{field} = {{ column = {name}, unit = \"ft2\" }}\n"),
        "StandardStatus" | "PropertyType" | "PropertySubType" => {
            let mut values: Vec<&String> = column.values.iter().collect();
            values.sort();
            values.dedup();
            let list: Vec<String> = values.iter().take(12).map(|value| quoted(value)).collect();
            format!(
                "{field} = {{ column = {name}, values = {{}} }}   # TODO: meanings of {}\n",
                list.join(", ")
            )
        }
        _ => format!("{field} = {name}\n"),
    }
}

/// A text in quotes as TOML takes it, in a comment too.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            _ if letter.is_control() => out.push_str(&format!("\\u{:04X}", letter as u32)),
            _ => out.push(letter),
        }
    }
    out.push('"');
    out
}

fn examples(column: &Sampled) -> String {
    let shown = column
        .values
        .iter()
        .filter(|value| !value.is_empty())
        .take(3);
    let list: Vec<String> = shown
        .map(|value| quoted(&value.chars().take(30).collect::<String>()))
        .collect();
    if list.is_empty() {
        "nothing".into()
    } else {
        list.join(", ")
    }
}

fn date_format(column: &Sampled) -> Option<&'static str> {
    let values: Vec<&String> = column
        .values
        .iter()
        .filter(|value| !value.is_empty())
        .collect();
    if values.is_empty() || values.iter().all(|value| value.len() < 6) {
        return None;
    }
    DATE_FORMATS.iter().copied().find(|format| {
        DateFormat::parse(format)
            .is_ok_and(|format| values.iter().all(|value| format.read(value).is_some()))
    })
}

fn json_columns(text: &str) -> Vec<Sampled> {
    let mut columns: Vec<Sampled> = Vec::new();
    for line in text.lines().take(50) {
        let Ok(serde_json::Value::Object(object)) = serde_json::from_str(line) else {
            continue;
        };
        for (name, value) in object {
            let value = match value {
                serde_json::Value::String(text) => text,
                serde_json::Value::Null => String::new(),
                other => other.to_string(),
            };
            match columns.iter_mut().find(|column| column.name == name) {
                Some(column) => column.values.push(value),
                None => columns.push(Sampled {
                    name,
                    values: vec![value],
                }),
            }
        }
    }
    columns
}

fn delimited_columns(text: &str, out: &mut String) -> Vec<Sampled> {
    let delimiter = ["\t", ";", "|", ","]
        .into_iter()
        .max_by_key(|delimiter| {
            text.lines()
                .take(20)
                .map(|line| line.matches(delimiter).count())
                .sum::<usize>()
        })
        .unwrap_or(",");
    let byte = delimiter.as_bytes()[0];
    match delimiter {
        "\t" => out.push_str("format = \"tsv\"\n"),
        "," => out.push_str("format = \"csv\"\n"),
        other => out.push_str(&format!("format = \"csv\"\ndelimiter = \"{other}\"\n")),
    }
    let records: Vec<Vec<String>> = text
        .lines()
        .take(60)
        .filter_map(|line| {
            first_record(line.as_bytes(), (byte, b'"'), true, false).map(|(cells, _)| cells)
        })
        .collect();
    // Banner lines fill only their first field.
    let filled = |cells: &Vec<String>| cells.iter().filter(|cell| !cell.is_empty()).count();
    let most = records.iter().map(filled).max().unwrap_or(0);
    let banner = records
        .iter()
        .take_while(|cells| most > 2 && filled(cells) * 2 < most)
        .count();
    if banner > 0 {
        out.push_str(&format!("skip_lines = {banner}\n"));
    }
    let Some(first) = records.get(banner) else {
        return Vec::new();
    };
    let has_number = |cells: &[String]| cells.iter().any(|cell| cell.trim().parse::<f64>().is_ok());
    let is_header = !has_number(first);
    let names: Vec<String> = if is_header {
        first.clone()
    } else {
        let names: Vec<String> = (1..=first.len())
            .map(|number| format!("column{number}"))
            .collect();
        let list: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        out.push_str(&format!(
            "header = false\ncolumns = [{}]   # TODO: their names\n",
            list.join(", ")
        ));
        names
    };
    let rows = &records[banner + usize::from(is_header)..];
    let column = |(at, name): (usize, String)| Sampled {
        name,
        values: rows
            .iter()
            .filter_map(|cells| cells.get(at).cloned())
            .collect(),
    };
    names.into_iter().enumerate().map(column).collect()
}

#[cfg(test)]
mod tests {
    use super::field_of;

    #[test]
    fn columns_are_known_by_their_words() {
        for (name, field) in [
            ("List $", Some("ListPrice")),
            ("Sold $", Some("ClosePrice")),
            ("Listed On", Some("OnMarketDate")),
            ("sold_on", Some("CloseDate")),
            ("ClosingAmount", Some("ClosePrice")),
            ("Orig. List Price", Some("OriginalListPrice")),
            ("Price", Some("ListPrice")),
            ("Zip Code", Some("PostalCode")),
            ("Sold", None),
            ("List", None),
            ("Price per square foot", None),
            ("Sale condition", None),
            ("$", None),
        ] {
            assert_eq!(field_of(name), field, "{name}");
        }
    }
}
