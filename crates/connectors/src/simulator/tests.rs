//! What holds of the simulator as a whole: the same bytes again, from any cursor, with lives that are legal
//! and faults that are as many as asked for.

use std::collections::{BTreeMap, BTreeSet};

use freehold_kernel::field::{ProfileField, Status};
use freehold_kernel::record::{FeedId, Observation, Record, Records};
use freehold_kernel::time::{DAY_MS, Day, Millis, format_instant};
use freehold_kernel::varint::put_i64;
use freehold_pipeline::source::{Content, Cursor, Poll, Source, SourceErrorKind};
use proptest::prelude::*;

use super::*;

const YEAR: Millis = 365 * DAY_MS;
const NOW: Millis = 1_750_000_000_000;

fn config(listings: usize, updates: u64) -> SimulatorConfig {
    SimulatorConfig {
        listings,
        updates: Some(updates),
        ..SimulatorConfig::default()
    }
}

fn all_faults(share: f64) -> FaultConfig {
    FaultConfig {
        duplicates: share,
        out_of_order: share,
        extra_zero: share,
        missing_zero: share,
        unit_mix_up: share,
        annual_rent: share,
    }
}

fn rows(config: &SimulatorConfig) -> Vec<SimulatedUpdate> {
    Simulator::new(config).expect("a market").collect()
}

fn lines(config: &SimulatorConfig) -> Vec<u8> {
    let mut out = Vec::new();
    for update in rows(config) {
        write_ndjson(&update, &mut out);
    }
    out
}

/// Polls `times` times, `gap` ms apart; the records of each piece and the cursor behind it.
fn poll_pieces(
    source: &mut SimulatorSource,
    from: Millis,
    gap: Millis,
    times: i64,
) -> Vec<(Vec<u8>, Cursor)> {
    (0..times)
        .filter_map(|time| match source.poll(from + time * gap, false) {
            Ok(Poll::Piece(piece)) => match piece.content {
                Content::Parsed(parsed) => Some((parsed.records, piece.cursor)),
                Content::Raw(_) => panic!("raw rows"),
            },
            Ok(Poll::Idle | Poll::Ended) => None,
            Err(error) => panic!("{error}"),
        })
        .collect()
}

fn joined(pieces: &[(Vec<u8>, Cursor)]) -> Vec<u8> {
    pieces
        .iter()
        .flat_map(|(records, _)| records.clone())
        .collect()
}

fn observations(records: &[u8]) -> Vec<Observation<'_>> {
    Records::new(records)
        .map(|record| match record {
            Ok(Record::Observation(row)) => row,
            other => panic!("not an observation: {other:?}"),
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_others() {
    let first = lines(&config(500, 5000));
    assert_eq!(first, lines(&config(500, 5000)));
    let other = SimulatorConfig {
        seed: 2,
        ..config(500, 5000)
    };
    assert_ne!(first, lines(&other));
    // Held on purpose: bytes that change here change for every user, on every platform.
    assert_eq!(
        xxhash_rust::xxh3::xxh3_64(&first),
        5_758_629_610_973_780_684
    );
}

#[test]
fn inventory_and_rate_are_as_asked_for() {
    for (rate, per_day) in [(None, 316.0), (Some(2000), 2000.0)] {
        let config = SimulatorConfig {
            listings: 2000,
            end: Some(SimulatorConfig::default().start + YEAR),
            rate,
            ..SimulatorConfig::default()
        };
        let mut on_market = BTreeSet::new();
        let (mut sum, mut count) = (0, 0_usize);
        for update in rows(&config) {
            if matches!(update.status, Status::Active | Status::Pending) {
                on_market.insert(update.key);
            } else {
                on_market.remove(&update.key);
            }
            count += 1;
            // The first weeks only tell of what was there before.
            if update.event_time > config.start + 60 * DAY_MS {
                sum += on_market.len();
            }
        }
        let late = rows(&config)
            .iter()
            .filter(|update| update.event_time > config.start + 60 * DAY_MS)
            .count();
        let average = sum / late;
        assert!((1800..=2200).contains(&average), "{average} on the market");
        let rate = count as f64 / 365.0;
        assert!(
            (rate / per_day - 1.0).abs() < 0.1,
            "{rate} a day, wanted {per_day}"
        );
    }
}

#[test]
fn each_listing_lives_a_legal_life_in_order_of_time() {
    let config = SimulatorConfig {
        listings: 1500,
        end: Some(SimulatorConfig::default().start + 2 * YEAR),
        ..SimulatorConfig::default()
    };
    let mut last_time = Millis::MIN;
    let mut listings: BTreeMap<SimulatedKey, SimulatedUpdate> = BTreeMap::new();
    let (mut cuts, mut deep_cuts, mut relists, mut closed, mut new_by_month) =
        (0, 0, 0, 0, [0; 12]);
    for update in rows(&config) {
        assert!(update.event_time >= last_time.max(config.start));
        last_time = update.event_time;
        assert!((update.event_day.0 - Day::of_utc(update.event_time).0).abs() <= 1);
        assert!(update.list_price > 0 && update.original_list_price > 0);
        assert!(update.on_market_date <= update.event_day);
        let is_closed = update.status == Status::Closed;
        assert_eq!(update.close_price.is_some(), is_closed);
        assert_eq!(update.close_date.is_some(), is_closed);
        if let Some(day) = update.contract_date {
            assert!(day >= update.on_market_date && day <= update.event_day);
        }
        if let (Some(close), Some(contract)) = (update.close_date, update.contract_date) {
            assert!(close >= contract && close <= update.event_day);
        }
        match listings.insert(update.key, update) {
            Some(before) => {
                assert_eq!(before.on_market_date, update.on_market_date);
                assert_eq!(before.original_list_price, update.original_list_price);
                assert_eq!(before.address, update.address);
                assert!(before.status != Status::Closed || is_closed);
                assert!(before.close_date.is_none() || before.close_date == update.close_date);
                if update.list_price < before.list_price {
                    cuts += 1;
                    deep_cuts += u32::from(update.list_price * 100 < before.list_price * 85);
                }
                closed += u32::from(is_closed && before.status != Status::Closed);
            }
            None => {
                if update.on_market_date == update.event_day {
                    new_by_month[(update.event_day.ymd().1 - 1) as usize] += 1;
                }
                relists += u32::from(update.key.number > 1);
            }
        }
    }
    let total = listings.len() as u32;
    assert!(cuts > total / 4 && cuts < total, "{cuts} cuts of {total}");
    assert!(
        deep_cuts > cuts / 25 && deep_cuts < cuts / 6,
        "{deep_cuts} deep of {cuts}"
    );
    assert!(relists > total / 50, "{relists} relists of {total}");
    assert!(closed > total / 2, "{closed} closed of {total}");
    assert!(
        new_by_month[4] * 10 > new_by_month[11] * 13,
        "{new_by_month:?}"
    );
}

#[test]
fn homes_come_back_and_rents_are_rents() {
    let config = SimulatorConfig {
        rate: Some(2000),
        ..config(200, 200_000)
    };
    let mut cycles: BTreeMap<(u64, String), BTreeSet<u64>> = BTreeMap::new();
    for update in rows(&config) {
        let is_lease = update.property_type.name() == "Residential Lease";
        assert!(!is_lease || (10_000..3_000_000).contains(&update.list_price));
        assert!(is_lease || update.list_price >= 500_000);
        let unit = update.address.unit.map(|unit| unit.to_string());
        let home = format!("{} {}", update.address, unit.unwrap_or_default());
        cycles
            .entry((update.key.plot, home))
            .or_default()
            .insert(update.key.cycle);
    }
    assert!(cycles.values().filter(|cycles| cycles.len() > 1).count() > 100);
}

#[test]
fn faults_are_as_many_as_asked_for_and_labelled() {
    assert!(
        rows(&config(500, 50_000))
            .iter()
            .all(|row| row.fault.is_none())
    );
    let clean = rows(&config(500, 100_000));
    let faulty = rows(&SimulatorConfig {
        faults: all_faults(0.02),
        ..config(500, 100_000)
    });
    let by_place: BTreeMap<_, _> = clean
        .iter()
        .map(|row| ((row.key, row.event_time), row))
        .collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut leases, mut with_area, mut first_sent) = (0, 0, 0);
    for row in faulty.iter().filter(|row| !row.is_repeat) {
        first_sent += 1;
        leases += usize::from(row.property_type.name() == "Residential Lease");
        with_area += usize::from(row.living_area.is_some());
        let Some(fault) = row.fault else { continue };
        *counts.entry(fault.label()).or_default() += 1;
        let Some(truth) = by_place.get(&(row.key, row.event_time)) else {
            continue;
        };
        let (price, true_price) = match (row.close_price, truth.close_price) {
            (Some(price), Some(true_price)) => (price, true_price),
            _ => (row.list_price, truth.list_price),
        };
        match fault {
            Fault::ExtraZero => assert_eq!(price, true_price * 10),
            Fault::MissingZero => assert_eq!(price, true_price / 10),
            Fault::AnnualRent => assert_eq!(price, true_price * 12),
            Fault::UnitMixUp => assert!(row.living_area < truth.living_area.map(|area| area / 10)),
            Fault::Duplicate | Fault::OutOfOrder => assert_eq!(price, true_price),
        }
    }
    for fault in Fault::ALL {
        let eligible = match fault {
            Fault::AnnualRent => leases,
            Fault::UnitMixUp => with_area,
            _ => first_sent,
        } as f64;
        let wanted = eligible * 0.02;
        let found = counts.get(fault.label()).copied().unwrap_or(0) as f64;
        // Five standard deviations of a binomial count.
        assert!(
            (found - wanted).abs() < 5.0 * wanted.sqrt(),
            "{fault:?}: {found} of {wanted}"
        );
    }
    let repeats = faulty.iter().filter(|row| row.is_repeat).count();
    assert!(repeats.abs_diff(counts["duplicate"]) < 20);
    let behind_newer = faulty
        .iter()
        .scan(BTreeMap::new(), |newest, row| {
            let last = newest.entry(row.key).or_insert(row.event_time);
            *last = row.event_time.max(*last);
            Some(*last > row.event_time)
        })
        .filter(|is_behind| *is_behind)
        .count();
    assert!(
        behind_newer > 200,
        "{behind_newer} rows behind a newer one of their listing"
    );
}

#[test]
fn nothing_that_waits_is_lost_at_the_end() {
    let end = Some(SimulatorConfig::default().start + 20 * DAY_MS);
    let faults = FaultConfig {
        out_of_order: 0.3,
        ..FaultConfig::default()
    };
    let bounded = |faults| SimulatorConfig {
        listings: 300,
        end,
        faults,
        ..SimulatorConfig::default()
    };
    let mut late: Vec<_> = rows(&bounded(faults))
        .iter()
        .map(|row| (row.event_time, row.key))
        .collect();
    let mut clean: Vec<_> = rows(&bounded(FaultConfig::default()))
        .iter()
        .map(|row| (row.event_time, row.key))
        .collect();
    assert_ne!(late, clean);
    late.sort_unstable();
    clean.sort_unstable();
    assert_eq!(late, clean);
}

fn text_of(value: &serde_json::Value) -> Option<&str> {
    value.as_str()
}

#[test]
fn a_line_says_what_the_record_says() {
    let config = SimulatorConfig {
        faults: all_faults(0.05),
        ..config(300, 4000)
    };
    let mut writer = ObservationWriter::new(FeedId(3));
    for update in rows(&config) {
        let (mut line, mut record) = (Vec::new(), Vec::new());
        write_ndjson(&update, &mut line);
        writer.write(&update, &mut record).expect("complete");
        let json: serde_json::Value = serde_json::from_slice(&line).expect("JSON");
        let row = observations(&record)[0];
        assert_eq!(
            text_of(&json["ListingKey"]).map(str::as_bytes),
            Some(row.key)
        );
        let time = format_instant(row.event_time);
        assert_eq!(text_of(&json["ModificationTimestamp"]), Some(time.as_str()));
        assert_eq!(
            text_of(&json["StandardStatus"]),
            Some(row.terms.status.name())
        );
        for (name, cents) in [
            ("ListPrice", row.terms.list_price),
            ("OriginalListPrice", row.terms.original_list_price),
            ("ClosePrice", row.terms.close_price),
        ] {
            let found = json[name]
                .as_f64()
                .map(|dollars| (dollars * 100.0).round() as i64);
            assert_eq!(found, cents, "{name}");
        }
        for (name, day) in [
            ("OnMarketDate", row.terms.on_market_date),
            ("PurchaseContractDate", row.terms.contract_date),
            ("CloseDate", row.terms.close_date),
        ] {
            assert_eq!(text_of(&json[name]).and_then(Day::parse_iso), day, "{name}");
        }
        for (field, scale) in [
            (ProfileField::BedroomsTotal, 1.0),
            (ProfileField::BathroomsTotalInteger, 100.0),
            (ProfileField::YearBuilt, 1.0),
            (ProfileField::Latitude, 1e6),
            (ProfileField::Longitude, 1e6),
        ] {
            let found = json[field.name()]
                .as_f64()
                .map(|value| (value * scale).round() as i64);
            assert_eq!(found, row.profile.integer(field), "{}", field.name());
        }
        for field in [
            ProfileField::City,
            ProfileField::CountyOrParish,
            ProfileField::StateOrProvince,
            ProfileField::PostalCode,
            ProfileField::UnparsedAddress,
            ProfileField::UnitNumber,
            ProfileField::ParcelNumber,
            ProfileField::OriginatingSystemName,
        ] {
            assert_eq!(
                text_of(&json[field.name()]),
                row.profile.text(field),
                "{}",
                field.name()
            );
        }
        let area = row.profile.living_area();
        assert_eq!(
            json["LivingArea"].as_i64(),
            area.map(|(hundredths, _)| hundredths / 100)
        );
        assert_eq!(
            text_of(&json["LivingAreaUnits"]),
            area.map(|(_, unit)| unit.name())
        );
        for name in ["X_Simulated", "X_Fault"] {
            assert_eq!(text_of(&json[name]), row.profile.local(name), "{name}");
        }
        assert_eq!(row.profile.local("X_Simulated"), Some("yes"));
        assert_eq!(
            row.profile.text(ProfileField::OriginatingSystemName),
            Some("Simulated")
        );
    }
}

fn history(config: &SimulatorConfig, rows_per_piece: u32) -> SimulatorSource {
    SimulatorSource::history(FeedId(1), config)
        .expect("a market")
        .with_rows_per_piece(rows_per_piece)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_history_goes_on_from_any_cursor(
        seed: u64,
        rows_per_piece in 1_u32..60,
        other_rows_per_piece in 1_u32..60,
        cut in 0.0_f64..1.0,
        faults in prop_oneof![Just(0.0), Just(0.05)],
        ends_by_time: bool,
    ) {
        let config = SimulatorConfig {
            seed,
            listings: 30,
            updates: (!ends_by_time).then_some(1500),
            end: ends_by_time.then_some(SimulatorConfig::default().start + YEAR),
            faults: all_faults(faults),
            ..SimulatorConfig::default()
        };
        let mut source = history(&config, rows_per_piece);
        prop_assert_eq!(source.is_sorted_by_time(), faults == 0.0);
        source.open(None, None).expect("opens");
        let pieces = poll_pieces(&mut source, 0, 0, 3000);
        let whole = joined(&pieces);
        let at = (cut * pieces.len() as f64) as usize;
        let (before, after) = pieces.split_at(at);
        let cursor = before.last().map(|(_, cursor)| cursor.as_slice());

        let mut again = history(&config, other_rows_per_piece);
        again.open(cursor, None).expect("opens");
        prop_assert_eq!(joined(&poll_pieces(&mut again, 0, 0, 3000)), joined(after));
        if let Some(until) = cursor {
            again.open(None, Some(until)).expect("opens");
            prop_assert_eq!(joined(&poll_pieces(&mut again, 0, 0, 3000)), joined(before));
        }
        let mut expected = Vec::new();
        let mut writer = ObservationWriter::new(FeedId(1));
        for update in rows(&config) {
            writer.write(&update, &mut expected).expect("complete");
        }
        prop_assert_eq!(whole, expected);
    }

    #[test]
    fn a_live_feed_goes_on_after_restarts_and_stalls(
        seed: u64,
        gaps in proptest::collection::vec((1_i64..5000, 1_i64..30, any::<bool>()), 1..12),
        per_second in 1_u64..40,
        faults in prop_oneof![Just(0.0), Just(0.05)],
    ) {
        let config = SimulatorConfig { seed, start: NOW, faults: all_faults(faults), ..config(40, 1_000_000) };
        let live = || SimulatorSource::live(FeedId(1), &config, per_second).expect("a market");
        let mut source = live();
        source.open(None, None).expect("opens");
        let (mut now, mut pieces) = (NOW, Vec::new());
        for (gap, times, restarts) in gaps {
            if restarts && let Some((_, cursor)) = pieces.last() {
                source = live();
                let cursor: &Cursor = cursor;
                source.open(Some(cursor), None).expect("opens");
            }
            let polled = poll_pieces(&mut source, now, gap, times);
            for (records, _) in &polled {
                // Never more than is due for 2 s, the piece's share of chance and repeats included.
                let most = (per_second as usize * 2 + 2) * 3 * 2;
                prop_assert!(observations(records).len() <= most);
            }
            pieces.extend(polled);
            now += gap * times;
        }
        let all = joined(&pieces);
        let rows = observations(&all);
        prop_assert!(rows.iter().all(|row| row.event_time >= NOW && row.event_time <= now));
        if faults == 0.0 {
            let mut paced = Simulator::paced(&config, per_second).expect("a market");
            for (row, update) in rows.iter().zip(&mut paced) {
                let key = update.key.to_string();
                prop_assert_eq!(row.key, key.as_bytes());
                prop_assert_eq!(row.terms.status, update.status);
            }
            prop_assert!(rows.is_sorted_by_key(|row| row.event_time));
        }
        // Each piece comes again between its two cursors, and all of them while their stalls are remembered.
        let mut from = None;
        for (records, until) in &pieces {
            let mut again = live();
            again.open(from, Some(until)).expect("opens");
            prop_assert_eq!(&joined(&poll_pieces(&mut again, 0, 0, 3)), records);
            prop_assert!(matches!(again.poll(0, false), Ok(Poll::Ended)));
            from = Some(until.as_slice());
        }
        let mut again = live();
        match again.open(None, from) {
            Ok(()) if from.is_some() => {
                prop_assert_eq!(joined(&poll_pieces(&mut again, 0, 0, 99)), all);
            }
            Ok(()) => {}
            Err(error) => prop_assert_eq!(error.kind, SourceErrorKind::FixConfig),
        }
    }
}

#[test]
fn a_live_listing_keeps_its_dates_over_days_and_restarts() {
    let config = config(3000, u64::MAX);
    let live = || SimulatorSource::live(FeedId(1), &config, 1).expect("a market");
    let (mut source, mut cursor, mut now) = (live(), None::<Cursor>, NOW);
    let mut dates = BTreeMap::new();
    let mut closed = 0;
    for gap in 0..12 {
        source.open(cursor.as_deref(), None).expect("opens");
        for (records, behind) in poll_pieces(&mut source, now, 1900, 1500) {
            for row in observations(&records) {
                let date = row.terms.on_market_date.expect("a date");
                assert_eq!(*dates.entry(row.key.to_vec()).or_insert(date), date);
                assert!(date <= row.event_day);
                closed += u32::from(row.terms.close_date == Some(row.event_day));
            }
            cursor = Some(behind);
        }
        now += 6 * 3_600_000 + gap;
        source = live();
    }
    assert!(
        dates.len() > 3000 && closed > 500,
        "{} listings, {closed} closed",
        dates.len()
    );
    assert!(cursor.is_some_and(|cursor| cursor.len() < 1500));
}

#[test]
fn a_foreign_cursor_is_refused_and_says_why() {
    let mut source = history(&config(30, 100), 10);
    source.open(None, None).expect("opens");
    let pieces = poll_pieces(&mut source, 0, 0, 1);
    let error = source.open(Some(b"x"), None).expect_err("foreign");
    assert_eq!(error.kind, SourceErrorKind::BadCursor);
    let mut other = history(&config(31 * 3, 100), 10);
    let error = other
        .open(Some(&pieces[0].1), None)
        .expect_err("other settings");
    assert_eq!(error.kind, SourceErrorKind::FixConfig);
    assert_eq!(
        error.to_string(),
        "open simulated feed 1: the cursor was made with other settings of the simulator \
         (put back seed, states, listings, lease_share, faults, start, rate and mode)"
    );
}

#[test]
fn no_cursor_leads_past_the_calendar() {
    for share in [0.0, 0.05] {
        let config = SimulatorConfig {
            listings: 30,
            faults: all_faults(share),
            ..SimulatorConfig::default()
        };
        let mut source = history(&config, 10);
        source.open(None, None).expect("opens");
        let (_, cursor) = poll_pieces(&mut source, 0, 0, 1).remove(0);
        let mut far = cursor[..9].to_vec();
        put_i64(&mut far, (1 << 61) - 1);
        far.extend_from_slice(&[0, 1]);
        source.open(Some(&far), None).expect("its fingerprint fits");
        assert!(matches!(source.poll(0, true), Ok(Poll::Ended)));
    }
}
