//! Values that cannot be right: held at ticks by what is usual then, released by evidence or by a person, and never told of
//! as a change of price.

use std::sync::Arc;

use freehold_kernel::Shard;
use freehold_kernel::listing::{Correction, FieldValue, RELEASE};
use freehold_kernel::market::What;
use freehold_kernel::plan::Identity;
use freehold_kernel::quarantine::{Cause, Held, HeldField, Settling};
use freehold_kernel::record::FeedId;
use freehold_kernel::time::Day;

use crate::rows::{Row, apply, plan};

const RECEIPT: i64 = 1_390_000_000_000;

/// A home of about three bedrooms in 07030 for so many dollars, of so many square feet.
fn row(key: u8, hour: u32, dollars: i64, area: i64) -> Row {
    Row {
        feed: 0,
        key,
        hour,
        status: 0,
        list: Some(dollars * 100),
        original: None,
        close: None,
        close_shift: None,
        market_day: None,
        zip: 0,
        house: key,
        sub_type: 0,
        beds: Some(3),
        area: Some(area),
        lease: false,
    }
}

/// Forty homes that ask 300,000 to 378,000 dollars.
fn market() -> Shard {
    let mut shard = Shard::new(plan(Identity::Listing));
    for key in 0..40 {
        let asked = 300_000 + 2_000 * i64::from(key);
        let row = row(key, 1, asked, 1_400 + 10 * i64::from(key));
        apply(&mut shard, &row.record(), RECEIPT, u64::from(key));
    }
    shard
}

/// The same, and a home of key 90 that asks ten times 330,000.
fn market_with_a_zero_too_many() -> Shard {
    let mut shard = market();
    let spoiled = row(90, 2, 3_300_000, 1_500);
    apply(&mut shard, &spoiled.record(), RECEIPT, 50);
    shard
}

fn settle(shard: &mut Shard) {
    let norms = shard.value_counts().norms();
    shard.set_norms(Arc::new(norms), 1_000);
}

fn held(shard: &Shard, key: u8) -> Held {
    let id = shard
        .listings()
        .find(FeedId(0), &[b'k', key])
        .expect("there");
    let listing = shard.listings().get(id);
    shard.held(listing, &listing.history.last())
}

#[test]
fn a_zero_too_many_is_held_and_its_row_counted_apart() {
    let mut shard = market_with_a_zero_too_many();
    // Nothing is known yet of what is usual.
    assert_eq!(held(&shard, 90), Held::NOTHING);
    settle(&mut shard);
    let wanted = Some(Cause::ExtraZero);
    assert_eq!(held(&shard, 90).0[HeldField::ListPrice as usize], wanted);
    assert_eq!(
        (shard.ledgers()[0].held, shard.ledgers()[0].accepted),
        (1, 40)
    );
    assert_eq!(shard.ledgers()[0].imbalance(), 0);
}

#[test]
fn a_mistake_that_is_mended_is_no_price_cut() {
    let mut shard = market();
    settle(&mut shard);
    apply(
        &mut shard,
        &row(5, 10, 3_100_000, 1_450).record(),
        RECEIPT,
        60,
    );
    apply(
        &mut shard,
        &row(5, 20, 310_000, 1_450).record(),
        RECEIPT,
        61,
    );
    assert_eq!(
        held(&shard, 5),
        Held::NOTHING,
        "the newest price is possible"
    );
    assert_eq!(shard.ledgers()[0].held, 1, "the row before is held");
    let cuts = |change: &freehold_kernel::change::Change| {
        change.position > 50
            && change.aspect == freehold_kernel::change::Aspect::Event(What::CutSeen)
    };
    assert!(!shard.take_changes().iter().any(cuts));
}

#[test]
fn evidence_releases_what_it_once_held() {
    let mut shard = market_with_a_zero_too_many();
    settle(&mut shard);
    assert!(held(&shard, 90).is_any());
    // A quarter of villas comes to the same ZIP.
    for key in 100..250 {
        let asked = 2_800_000 + 8_000 * i64::from(key - 100);
        let row = row(key, 3, asked, 1_400 + i64::from(key));
        apply(&mut shard, &row.record(), RECEIPT, 100 + u64::from(key));
    }
    settle(&mut shard);
    assert_eq!(held(&shard, 90), Held::NOTHING);
    assert_eq!(shard.ledgers()[0].imbalance(), 0);
}

#[test]
fn a_person_releases_a_value_and_takes_that_back() {
    let mut shard = market_with_a_zero_too_many();
    settle(&mut shard);
    let release = |id, text: &str| Correction {
        id,
        field: RELEASE.into(),
        text: text.into(),
        value: FieldValue::parse(RELEASE, text).expect("a ruling"),
        reason: "seen it".into(),
        known: Day(0),
    };
    let correct = |shard: &mut Shard, correction: &Correction| {
        assert!(shard.correct(FeedId(0), &[b'k', 90], correction, 70));
    };
    correct(&mut shard, &release(1, "ListPrice=330000"));
    assert!(held(&shard, 90).is_any(), "another value was released");
    correct(&mut shard, &release(2, "ListPrice=3300000"));
    let id = shard
        .listings()
        .find(FeedId(0), &[b'k', 90])
        .expect("there");
    let listing = shard.listings().get(id);
    assert!(!shard.held(listing, &listing.history.last()).is_any());
    assert_eq!(shard.ledgers()[0].held, 0);
    assert!(shard.uncorrect(2, 80));
    assert_eq!(shard.ledgers()[0].held, 1);
}

#[test]
fn a_feed_can_switch_it_off() {
    let mut rules = Arc::unwrap_or_clone(plan(Identity::Listing));
    rules.feeds[0].quarantine = false;
    let mut shard = Shard::new(Arc::new(rules));
    for key in 0..40 {
        let row = row(key, 1, 300_000 + i64::from(key), 1_400);
        apply(&mut shard, &row.record(), RECEIPT, u64::from(key));
    }
    apply(
        &mut shard,
        &row(90, 2, 3_300_000, 1_500).record(),
        RECEIPT,
        50,
    );
    settle(&mut shard);
    assert_eq!(shard.ledgers()[0].held, 0);
}

#[test]
fn a_tick_settles_after_enough_rows_or_when_it_is_repeated() {
    let mut settling = Settling::default();
    settling.row();
    assert!(!settling.tick(60_000));
    assert!(settling.tick(60_000), "nothing more is to come");
    settling.settled(250);
    assert!(!settling.tick(60_000), "and nothing came");
    (0..999).for_each(|_| settling.row());
    assert!(!settling.tick(120_000));
    settling.row();
    assert!(settling.tick(180_000), "four rows a listing");
}
