//! Lives of listings told in full: episodes, cuts, contracts, closings, and homes of several listings.

use freehold_kernel::Shard;
use freehold_kernel::field::{Kind, Status};
use freehold_kernel::market::{MarketView, Segment};
use freehold_kernel::measure::{self, Window};
use freehold_kernel::plan::Identity;
use freehold_kernel::time::Day;

use crate::rows::{Row, apply, plan};

/// A row of listing `key` on `day`, asking `list` thousand.
pub(crate) fn say(feed: u16, key: u8, day: u32, status: Status, list: i64) -> Row {
    Row {
        feed,
        key,
        hour: day * 24,
        status: Status::ALL
            .iter()
            .position(|known| *known == status)
            .expect("known"),
        list: Some(list * 100_000),
        original: None,
        close: None,
        close_shift: None,
        market_day: None,
        zip: 0,
        house: 12,
        sub_type: 0,
        beds: Some(3),
        area: Some(1000),
        lease: false,
    }
}

fn read(
    identity: Identity,
    rows: &[Row],
    measure: &str,
    variant: &str,
    window: Window,
    day: i32,
) -> String {
    let mut shard = Shard::new(plan(identity));
    rows.iter()
        .for_each(|row| apply(&mut shard, &row.record(), 1_390_000_000_000, 0));
    let day = Day(16_000 + day);
    let view = MarketView::new(vec![shard.markets()], day);
    let market = view.market(0, "07030", Kind::Sale, Segment::All);
    let measure = measure::find(measure).expect("registered");
    (measure.read)(&market, window.period(day), variant)
        .value
        .to_string()
}

#[test]
fn days_on_market_leave_out_the_days_away() {
    let rows = [
        say(0, 1, 0, Status::Active, 300),
        say(0, 1, 10, Status::Withdrawn, 300),
        say(0, 1, 30, Status::Active, 290),
        say(0, 1, 35, Status::Pending, 290),
    ];
    let read = |measure, variant| read(Identity::Listing, &rows, measure, variant, Window::All, 50);
    assert_eq!(read("median_days_on_market", "own"), "15");
    assert_eq!(
        read("new_listings", "own"),
        "1",
        "back within the relist gap is not new"
    );
    assert_eq!(read("back_on_market", "own"), "1");
    assert_eq!(read("withdrawn_count", "own"), "1");
    assert_eq!(
        read("off_market_in_14_days_share", "own"),
        "0",
        "15 days are not quick"
    );
    assert_eq!(read("price_cuts", "seen"), "1");
}

#[test]
fn a_contract_that_falls_through_brings_a_home_back() {
    let mut sold = say(0, 1, 60, Status::Closed, 320);
    sold.close = Some(32_000_000);
    sold.original = Some(30_000_000);
    let rows = [
        say(0, 1, 0, Status::Active, 300),
        say(0, 1, 10, Status::Pending, 300),
        say(0, 1, 20, Status::Active, 310),
        say(0, 1, 30, Status::Pending, 310),
        sold,
        // Beyond the relist gap: new, not back.
        say(0, 2, 0, Status::Active, 300),
        say(0, 2, 10, Status::Expired, 300),
        say(0, 2, 80, Status::Active, 300),
    ];
    let read = |measure, variant| read(Identity::Listing, &rows, measure, variant, Window::All, 99);
    assert_eq!(read("pending_sales", "own"), "2");
    assert_eq!(read("back_on_market", "own"), "1");
    assert_eq!(read("expired_count", "own"), "1");
    assert_eq!(read("new_listings", "own"), "3");
    assert_eq!(read("off_market_in_14_days_share", "own"), "0.5");
    // The list price that the closing overwrote is not what was asked.
    assert_eq!(read("median_sale_to_list", "own"), "1.032258065");
    assert_eq!(read("median_sale_to_original_list", "own"), "1.066666667");
    assert_eq!(read("sold_above_list_share", "own"), "1");
}

#[test]
fn a_share_counts_an_episode_once_however_often_it_was_cut() {
    let rows = [
        say(0, 1, 0, Status::Active, 300),
        say(0, 1, 1, Status::Active, 290),
        say(0, 1, 2, Status::Active, 280),
        say(0, 2, 0, Status::Active, 300),
        say(0, 3, 0, Status::Active, 300),
        say(0, 3, 1, Status::Withdrawn, 300),
    ];
    let share = |window, day| {
        read(
            Identity::Listing,
            &rows,
            "price_cut_share",
            "seen",
            window,
            day,
        )
    };
    assert_eq!(share(Window::All, 5), (1.0f64 / 3.0).to_string());
    assert_eq!(
        share(Window::Day, 2),
        "0.5",
        "the withdrawn one is gone by then"
    );
    assert_eq!(share(Window::Day, 3), "0");
}

#[test]
fn two_feeds_of_one_home_count_once() {
    let mut sold = say(1, 9, 20, Status::Closed, 290);
    sold.close = Some(28_500_000);
    let mut told_again = say(0, 1, 22, Status::Closed, 290);
    told_again.close = Some(28_500_000);
    let rows = [
        say(0, 1, 0, Status::Active, 300),
        say(1, 9, 1, Status::Active, 300),
        say(0, 1, 5, Status::Active, 290),
        say(1, 9, 6, Status::Active, 290),
        sold,
        told_again,
    ];
    let read = |measure, variant| read(Identity::Match, &rows, measure, variant, Window::All, 50);
    assert_eq!(read("new_listings", "own"), "1");
    assert_eq!(read("price_cuts", "seen"), "1");
    assert_eq!(read("closed_count", "own"), "1");
    assert_eq!(read("median_close_price", "own"), "285000");
    assert_eq!(read("median_sale_to_list", "own"), "0.982758621");
    assert_eq!(read("sold_above_list_share", "own"), "0");
}

/// A home listed anew under another key: days on market begin again, cumulative ones go on over a short time away, and those
/// of the property over any.
#[test]
fn relisting_under_a_new_key_hides_nothing() {
    let mut rows = vec![
        say(0, 1, 0, Status::Active, 300),
        say(0, 1, 30, Status::Withdrawn, 300),
        say(0, 2, 40, Status::Active, 290),
        say(0, 2, 45, Status::Pending, 290),
    ];
    let of = |rows: &[Row], identity, variant| {
        let measure = "median_cumulative_days_on_market";
        read(identity, rows, measure, variant, Window::All, 84)
    };
    assert_eq!(of(&rows, Identity::Listing, "own"), "5");
    assert_eq!(of(&rows, Identity::Match, "own"), "35");
    assert_eq!(of(&rows, Identity::Match, "property"), "35");
    // Away for the 45 days that reset them.
    (rows[2].hour, rows[3].hour) = (75 * 24, 80 * 24);
    assert_eq!(of(&rows, Identity::Match, "own"), "5");
    assert_eq!(of(&rows, Identity::Match, "property"), "35");
    // A closing in between begins a new count.
    rows[1].status = Status::ALL
        .iter()
        .position(|known| *known == Status::Closed)
        .expect("known");
    rows.pop();
    rows.push(say(0, 2, 83, Status::Pending, 290));
    assert_eq!(
        of(&rows, Identity::Match, "property"),
        "19",
        "the middle of 30 and 8"
    );
    let age = read(
        Identity::Match,
        &rows[..3],
        "median_age_of_inventory",
        "own",
        Window::Now,
        84,
    );
    assert_eq!(age, "9");
}

#[test]
fn supply_and_yield_divide_two_readings() {
    let mut rows: Vec<Row> = (0u8..3)
        .map(|key| say(0, key, 0, Status::Active, 300))
        .collect();
    for (key, day) in [(10, 5), (11, 60), (12, 70)] {
        let mut sold = say(0, key, day, Status::Closed, 300);
        sold.close = Some(30_000_000);
        rows.push(sold);
    }
    for (key, rent) in [(20, 1), (21, 2)] {
        let mut let_out = say(0, key, 1, Status::Active, rent);
        let_out.lease = true;
        rows.push(let_out);
    }
    let read = |measure, variant| read(Identity::Listing, &rows, measure, variant, Window::Now, 80);
    assert_eq!(
        read("months_of_supply", "own"),
        "3",
        "three active, three closed in three months"
    );
    assert_eq!(read("months_of_supply", "redfin"), "1.5");
    assert_eq!(read("months_of_supply", "year"), "12");
    assert_eq!(read("months_of_supply", "contracts"), "1.5");
    assert_eq!(
        read("absorption_rate", "redfin"),
        (2.0f64 / 3.0).to_string()
    );
    assert_eq!(
        read("price_to_rent", "own"),
        (300_000.0f64 / 18_000.0).to_string()
    );
    assert_eq!(read("gross_rental_yield", "own"), "0.06");
    let nothing_sold = self::read(
        Identity::Listing,
        &rows[..3],
        "months_of_supply",
        "own",
        Window::Now,
        80,
    );
    assert_eq!(nothing_sold, "", "never infinite");
}

/// One sale told by two feeds nine days apart, without a Pending version, gave two contracts.
#[test]
fn a_sale_that_two_feeds_tell_apart_is_one_contract() {
    let rows = [
        say(0, 1, 0, Status::Active, 300),
        say(1, 9, 1, Status::Active, 300),
        say(0, 1, 40, Status::Closed, 300),
        say(1, 9, 49, Status::Closed, 300),
    ];
    let mut shard = Shard::new(plan(Identity::Match));
    rows.iter()
        .for_each(|row| apply(&mut shard, &row.record(), 1_390_000_000_000, 0));
    let view = MarketView::new(vec![shard.markets()], Day(16_060));
    let market = view.market(0, "07030", Kind::Sale, Segment::All);
    let measure = measure::find("median_days_on_market").expect("registered");
    let reading = (measure.read)(&market, Window::All.period(Day(16_060)), "own");
    assert_eq!((reading.value.to_string().as_str(), reading.n), ("40", 1));
}

#[test]
fn a_correction_can_be_taken_back() {
    use freehold_kernel::listing::{Correction, FieldValue};
    use freehold_kernel::record::FeedId;
    let mut shard = Shard::new(plan(Identity::Match));
    let row = say(0, 1, 0, Status::Active, 300);
    apply(&mut shard, &row.record(), 1_390_000_000_000, 0);
    let before = shard.digest();
    let correction = Correction {
        id: 7,
        field: "ListPrice".into(),
        text: "310000".into(),
        value: FieldValue::parse("ListPrice", "310000").expect("valid"),
        reason: "typing error".into(),
        known: Day(0),
    };
    assert!(shard.correct(FeedId(0), &[b'k', 1], &correction, 1));
    let median = |shard: &Shard| {
        let view = MarketView::new(vec![shard.markets()], Day(16_000));
        let market = view.market(2, "US", Kind::Sale, Segment::All);
        let measure = measure::find("median_list_price").expect("registered");
        (measure.read)(&market, Window::Now.period(Day(16_000)), "own")
            .value
            .to_string()
    };
    assert_eq!(median(&shard), "310000");
    assert!(shard.uncorrect(7, 2));
    assert_eq!(median(&shard), "300000");
    assert_eq!(shard.digest(), before);
    assert!(!shard.uncorrect(7, 3));
}
