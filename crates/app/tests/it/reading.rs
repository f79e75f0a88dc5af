//! Files in every form that a feed may take, and what is then said of them.

use crate::feeds::{HOMES, instance};
use crate::place::Place;

fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write;
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(text.as_bytes()).expect("memory");
    writer.finish().expect("memory")
}

/// Everything that is told of an instance, less what names files.
fn told(place: &Place) -> Vec<String> {
    ["markets", "listings", "changes", "ledger"]
        .map(|question| place.ask(&[question]))
        .to_vec()
}

#[test]
fn one_feed_is_told_whole() {
    let place = Place::new();
    place
        .write("homes.csv", HOMES)
        .write("c.toml", instance("history", "homes.csv", ""));
    place.run_well();
    let ledger = "\
feed,received,accepted,duplicate,stale,late,held,rejected,tombstones
homes,6,5,0,0,0,0,1,0
";
    assert_eq!(place.ask(&["ledger"]), ledger);
    let refused = "\
position,feed,place,field,reason,raw
0,homes,homes.csv:6,ListPrice,\"found \"\"-5\"\", wanted a number that is not negative\",\"3,2024-03-21T10:00:00Z,Active,-5,,,Boone\"
";
    assert_eq!(place.ask(&["refused"]), refused);
    let listings = "\
feed,ListingKey,ModificationTimestamp,local_date,StandardStatus,PropertyType,PropertySubType,ListPrice,OriginalListPrice,ClosePrice,OnMarketDate,PurchaseContractDate,CloseDate,OffMarketDate,BedroomsTotal,BathroomsTotal,LivingArea,LivingAreaUnits,YearBuilt,UnparsedAddress,UnitNumber,City,CountyOrParish,StateOrProvince,PostalCode,ParcelNumber,Latitude,Longitude,versions,corrections
homes,1,2024-03-05T10:00:00.000Z,2024-03-05,Active,,,285000,,,,,,,,,,,,,,Ames,,,,,,,2,0
homes,2,2024-03-20T10:00:00.000Z,2024-03-20,Closed,,,400000,,390000.50,,,2024-03-19,,,,,,,,,Ames,,,,,,,2,0
homes,4,2024-03-22T10:00:00.000Z,2024-03-22,Active,,,1250000,,,,,,,,,,,,,,\"Boone, IA\",,,,,,,1,0
";
    assert_eq!(place.ask(&["listings"]), listings);
    let prices = "\
position,home,ordinal,event_time,change,day,before,after,fraction
1,homes/1,1,2024-03-01T10:00:00.000Z,list_price,2024-03-01,,300000,
4,homes/2,1,2024-03-02T10:00:00.000Z,list_price,2024-03-02,,400000,
7,homes/1,0,2024-03-05T10:00:00.000Z,list_price,2024-03-05,300000,285000,-1/20
10,homes/2,3,2024-03-20T10:00:00.000Z,close,2024-03-19,,390000.50,
13,homes/4,1,2024-03-22T10:00:00.000Z,list_price,2024-03-22,,1250000,
";
    assert_eq!(
        place.ask(&["changes", "--change", "list_price,close"]),
        prices
    );
    let markets = "\
level,area,segment,kind,measure,variant,window,date,value,unit,n,n_excluded,status
city,Ames,all,sale,active_count,own,now,2024-03-22,1,count,1,0,current
city,Ames,all,sale,pending_count,own,now,2024-03-22,0,count,0,0,current
city,Ames,all,sale,median_list_price,own,now,2024-03-22,285000,USD,1,0,current
city,Ames,all,sale,p90_list_price,own,now,2024-03-22,285000,USD,1,0,current
city,Ames,all,sale,median_list_price_per_area,own,now,2024-03-22,,USD/ft2,0,1,current
city,Ames,all,sale,new_listings,own,all,2024-03-22,2,count,2,0,current
city,Ames,all,sale,price_cuts,seen,all,2024-03-22,1,count,1,0,current
city,Ames,all,sale,price_cuts,inferred,all,2024-03-22,0,count,0,0,current
city,Ames,all,sale,price_cut_share,any,all,2024-03-22,0.5,share,2,0,current
city,Ames,all,sale,price_cut_share,seen,all,2024-03-22,0.5,share,2,0,current
city,Ames,all,sale,price_cut_share,inferred,all,2024-03-22,0,share,2,0,current
city,Ames,all,sale,median_days_on_market,own,all,2024-03-22,17,days,1,0,current
city,Ames,all,sale,median_days_on_market,redfin,all,2024-03-22,17,days,1,0,current
city,Ames,all,sale,median_days_on_market,realtor,all,2024-03-22,17,days,1,0,current
city,Ames,all,sale,closed_count,own,all,2024-03-22,1,count,1,0,current
city,Ames,all,sale,median_close_price,own,all,2024-03-22,390000.5,USD,1,0,current
city,Ames,all,sale,mean_close_price,own,all,2024-03-22,390000.5,USD,1,0,current
city,Ames,all,sale,median_close_price_per_area,own,all,2024-03-22,,USD/ft2,0,1,current
";
    let measures = "active_count,pending_count,median_list_price,p90_list_price,median_list_price_per_area,new_listings,\
                    price_cuts,price_cut_share,median_days_on_market,closed_count,median_close_price,mean_close_price,\
                    median_close_price_per_area";
    let asked = [
        "--area",
        "Ames",
        "--window",
        "now,all",
        "--measure",
        measures,
    ];
    assert_eq!(place.ask(&[&["markets"][..], &asked].concat()), markets);
}

#[test]
fn one_content_in_many_forms_says_the_same() {
    let plain = Place::new();
    plain
        .write("homes.csv", HOMES)
        .write("c.toml", instance("history", "homes.csv", ""));
    plain.run_well();
    let expected = told(&plain);

    let columns = r#"columns = ["id", "at", "status", "price", "paid", "closed", "city"]"#;
    let body = HOMES.split_once('\n').expect("a header").1;
    let tsv = HOMES
        .replace("\"1,250,000\"", "1250000")
        .replace("\"Boone, IA\"", "Boone; IA")
        .replace(',', "\t")
        .replace("Boone; IA", "Boone, IA");
    let forms: Vec<(&str, Vec<u8>, String)> = vec![
        ("h.csv.gz", gzip(HOMES), String::new()),
        (
            "h.csv.zst",
            zstd::encode_all(HOMES.as_bytes(), 1).expect("memory"),
            String::new(),
        ),
        ("h.tsv", tsv.into(), String::new()),
        (
            "crlf.csv",
            HOMES.replace('\n', "\r\n").into(),
            String::new(),
        ),
        ("bom.csv", format!("\u{feff}{HOMES}").into(), String::new()),
        ("tail.csv", HOMES.trim_end().into(), String::new()),
        (
            "blank.csv",
            format!("\n\n{HOMES}\n\n").into(),
            String::new(),
        ),
        (
            "auto.csv",
            HOMES.into(),
            format!("header = \"auto\"\n{columns}"),
        ),
        (
            "auto-none.csv",
            body.into(),
            format!("header = \"auto\"\n{columns}"),
        ),
        (
            "none.csv",
            body.into(),
            format!("header = false\n{columns}"),
        ),
        (
            "banner.csv",
            format!("Sales of homes,,\n\"\",\n{HOMES}").into(),
            "skip_lines = 2".into(),
        ),
        (
            "semi.txt",
            HOMES
                .replace("\"1,250,000\"", "1250000")
                .replace("\"Boone, IA\"", "Boone# IA")
                .replace(',', ";")
                .replace('#', ",")
                .into(),
            "delimiter = \";\"".into(),
        ),
        (
            "apostrophes.csv",
            HOMES.replace('"', "'").into(),
            "quote = \"'\"".into(),
        ),
    ];
    for (name, bytes, more) in forms {
        let place = Place::new();
        place
            .write(name, bytes)
            .write("c.toml", instance("history", name, &more));
        place.run_well();
        assert_eq!(told(&place), expected, "{name}");
    }
}

#[test]
fn ndjson_says_the_same_as_csv() {
    let place = Place::new();
    let rows = "\
{\"id\":1,\"at\":\"2024-03-01T10:00:00Z\",\"status\":\"Active\",\"price\":300000,\"city\":\"Ames\"}
{\"id\":\"1\",\"at\":\"2024-03-05T10:00:00Z\",\"status\":\"Active\",\"price\":285000.0,\"paid\":null,\"city\":\"Am\\u0065s\"}
";
    place
        .write("homes.ndjson", rows)
        .write("c.toml", instance("history", "homes.ndjson", ""));
    place.run_well();
    let csv = Place::new();
    csv.write(
        "homes.csv",
        "id,at,status,price,paid,closed,city\n\
         1,2024-03-01T10:00:00Z,Active,300000,,,Ames\n1,2024-03-05T10:00:00Z,Active,285000,,,Ames\n",
    );
    csv.write("c.toml", instance("history", "homes.csv", ""));
    csv.run_well();
    assert_eq!(told(&place), told(&csv));
}

#[test]
fn many_files_in_any_split_say_the_same() {
    let whole = Place::new();
    let rows = crate::feeds::many_rows(600);
    whole
        .write("in/a.ndjson", &rows)
        .write("c.toml", instance("history", "in/*.ndjson", ""));
    whole.run_well();
    let split = Place::new();
    for (number, chunk) in rows.lines().collect::<Vec<_>>().chunks(83).enumerate() {
        split.write(&format!("in/{number}.ndjson"), chunk.join("\n"));
    }
    split.write("c.toml", instance("history", "in/*.ndjson", ""));
    split.run_well();
    for question in ["markets", "listings", "ledger"] {
        assert_eq!(split.ask(&[question]), whole.ask(&[question]), "{question}");
    }
}
