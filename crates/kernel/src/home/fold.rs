//! The life of one listing as a fold over its versions in time order: episodes on the market, cuts,
//! contracts, closings, and what it adds to the stock. Appending a version costs one step; any other change
//! folds the whole history again.

use std::cmp::Ordering;

use super::placement::Placement;
use crate::field::Status;
use crate::listing::Version;
use crate::market::{
    BILLIONTHS, EventKey, NO_VALUE, StockClass, StockEntry, Tag, UNKNOWN, What, code_of_day,
};
use crate::plan::Gaps;
use crate::plant::{Bug, is_planted};
use crate::record::Cents;
use crate::time::{Day, Millis};

/// The part of a life that a status stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// No version yet.
    #[default]
    Unseen,
    /// Announced.
    ComingSoon,
    /// On the market.
    Active,
    /// Under contract.
    Pending,
    /// Sold or let.
    Closed,
    /// Off the market otherwise.
    Off,
}

impl Phase {
    /// The phase of a status. `Active Under Contract` counts as under contract, as Redfin and Zillow count.
    #[inline]
    #[must_use]
    pub fn of(status: Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::ActiveUnderContract | Status::Pending => Self::Pending,
            Status::ComingSoon => Self::ComingSoon,
            Status::Closed => Self::Closed,
            Status::Canceled
            | Status::Delete
            | Status::Expired
            | Status::Hold
            | Status::Incomplete
            | Status::Withdrawn
            | Status::Removed => Self::Off,
        }
    }

    /// Whether a listing in this phase is live: it can still be let or sold.
    #[must_use]
    pub fn is_live(self) -> bool {
        matches!(self, Self::ComingSoon | Self::Active | Self::Pending)
    }
}

/// What must be known of a listing's past to take the next version. Days are [`UNKNOWN`] where there is none:
/// options would make it 24 bytes larger, a listing each.
#[derive(Debug, Clone, Copy)]
pub struct Fold {
    /// The phase of the newest version.
    pub phase: Phase,
    /// Since when it is in this phase.
    pub phase_since: Millis,
    open: bool,
    start_known: bool,
    price: u64,
    /// The on-market date that the newest version says.
    market_date: Day,
    start: Day,
    end: Day,
    gap_days: i32,
    last_cut: Day,
    inferred_cut: Day,
    /// Day of the episode's contract, and days on market until then.
    contract: (Day, Day),
    /// Days on market of the home's earlier episodes: since the last reset, and since the last closing.
    earlier: (i32, i32),
    /// Days on market of the episode that ended last, as its end tells them.
    end_days: Day,
    /// Whether the last episode ended in a closing.
    sold: bool,
    /// Day and price of the last closing.
    close_day: Day,
    close_price: u64,
    /// List price before the last closing, in cents.
    close_list: u64,
    /// The last closing's price by that, and by the original list price; see [`ratio_of`].
    close_ratios: (u32, u32),
}

impl Default for Fold {
    fn default() -> Self {
        Self {
            phase: Phase::Unseen,
            phase_since: 0,
            open: false,
            start_known: false,
            price: NO_VALUE,
            market_date: UNKNOWN,
            start: UNKNOWN,
            end: UNKNOWN,
            gap_days: 0,
            last_cut: UNKNOWN,
            inferred_cut: UNKNOWN,
            contract: (UNKNOWN, UNKNOWN),
            earlier: (0, 0),
            end_days: UNKNOWN,
            sold: false,
            close_day: UNKNOWN,
            close_price: NO_VALUE,
            close_list: NO_VALUE,
            close_ratios: (NO_RATIO, NO_RATIO),
        }
    }
}

/// No ratio of a sale to a list price.
const NO_RATIO: u32 = u32::MAX;

/// A close price by a list price, in billionths, rounded half up, though never to one where they differ; [`NO_RATIO`]
/// where a price is missing, or where it lies outside of a half to one and a half: then one of them is a mistake.
fn ratio_of(close: u64, list: u64) -> u32 {
    if close == NO_VALUE || list == NO_VALUE || list == 0 {
        return NO_RATIO;
    }
    let one = u128::from(BILLIONTHS);
    let (close, list) = (u128::from(close), u128::from(list));
    if 2 * close <= list || 2 * close >= 3 * list {
        return NO_RATIO;
    }
    let rounded = (2 * close * one + list) / (2 * list);
    let ratio = match close.cmp(&list) {
        Ordering::Less => rounded.min(one - 1),
        Ordering::Equal => one,
        Ordering::Greater => rounded.max(one + 1),
    };
    u32::try_from(ratio).unwrap_or(NO_RATIO)
}

/// Where a step's events go: event and +1 or -1.
pub(crate) trait Post {
    fn post(&mut self, event: EventKey, change: i32);
}

impl<F: FnMut(EventKey, i32)> Post for F {
    #[inline]
    fn post(&mut self, event: EventKey, change: i32) {
        self(event, change);
    }
}

impl Fold {
    /// The newest list price in cents, or [`NO_VALUE`].
    #[inline]
    #[must_use]
    pub(crate) fn asking(&self) -> u64 {
        self.price
    }

    /// What the listing adds to the stock at this price.
    #[inline]
    #[must_use]
    pub(crate) fn stock(
        &self,
        list_price: Option<Cents>,
        placement: &Placement,
    ) -> Option<StockEntry> {
        let start = match self.start_known {
            true => self.start,
            false => UNKNOWN,
        };
        stock_of(self.phase, list_price, start, placement)
    }

    fn contract_told(&self) -> Option<(Day, Day)> {
        Some(self.contract).filter(|(day, _)| *day != UNKNOWN)
    }

    fn close_told(&self) -> Option<(Day, u64)> {
        (self.close_day != UNKNOWN).then_some((self.close_day, self.close_price))
    }

    /// Takes the next version; gives its events to `post` and returns what the listing adds to the stock now.
    #[inline]
    pub(crate) fn step(
        &mut self,
        version: &Version<'_>,
        placement: &Placement,
        gaps: Gaps,
        post: &mut impl Post,
    ) -> Option<StockEntry> {
        let terms = &version.terms;
        let before = self.phase;
        let phase = Phase::of(terms.status);
        let tag = placement.tag;
        if phase != before {
            self.phase = phase;
            self.phase_since = version.time;
        }
        let price = terms
            .list_price
            .map_or(NO_VALUE, |cents| u64::try_from(cents).unwrap_or(NO_VALUE));
        let market_date = terms.on_market_date.unwrap_or(UNKNOWN);
        let quiet = phase == before && market_date == self.market_date && phase != Phase::Closed;
        if !quiet || phase == Phase::Pending {
            self.move_on(before, version, placement, gaps, post);
        }
        if before == Phase::Unseen {
            self.infer_cut(version, tag, post);
        } else if price < self.price && self.price != NO_VALUE {
            self.cut(version, price, tag, post);
        }
        if price != NO_VALUE {
            self.price = price;
        }
        self.market_date = market_date;
        self.stock(terms.list_price, placement)
    }

    /// Episodes, contracts and closings.
    fn move_on(
        &mut self,
        before: Phase,
        version: &Version<'_>,
        placement: &Placement,
        gaps: Gaps,
        post: &mut impl Post,
    ) {
        let terms = &version.terms;
        let tag = placement.tag;
        let close_day = match (terms.close_date, self.close_told()) {
            (Some(day), _) => day,
            (None, Some((day, _))) if before == Phase::Closed => day,
            (None, _) => version.day,
        };
        match self.phase {
            Phase::Active | Phase::Pending | Phase::Closed => {
                let day = if self.phase == Phase::Closed {
                    close_day
                } else {
                    version.day
                };
                let same_sale = self.phase == Phase::Closed && before == Phase::Closed;
                if !self.open && !same_sale {
                    self.begin(before, day, version, gaps, tag, post);
                } else if terms.on_market_date.unwrap_or(UNKNOWN) != self.market_date {
                    self.move_start(day, terms.on_market_date, tag, post);
                }
            }
            Phase::Unseen | Phase::ComingSoon | Phase::Off => {}
        }
        if before == Phase::Pending && self.phase == Phase::Active {
            post.post(plain(What::BackOnMarket, version.day, tag), 1);
        }
        if matches!(self.phase, Phase::Pending | Phase::Closed) {
            self.contract(before, close_day, version, tag, post);
        }
        match self.phase {
            Phase::Closed => self.close(before, close_day, version, placement, post),
            Phase::Off | Phase::ComingSoon if self.open => {
                let off = terms.off_market_date.filter(|day| *day <= version.day);
                self.end = off.unwrap_or(version.day).max(self.start);
                self.open = false;
                self.tell_end(tag, post);
                let how = match terms.status {
                    Status::Withdrawn | Status::Canceled => What::Withdrawn,
                    Status::Expired => What::Expired,
                    _ => What::Removed,
                };
                post.post(plain(how, self.end, tag), 1);
            }
            _ => {}
        }
    }

    fn begin(
        &mut self,
        before: Phase,
        day: Day,
        version: &Version<'_>,
        gaps: Gaps,
        tag: Tag,
        post: &mut impl Post,
    ) {
        self.open = true;
        let away = day.0.saturating_sub(self.end.0);
        if before == Phase::Off
            && self.start != UNKNOWN
            && !self.sold
            && i64::from(away) < i64::from(gaps.relist)
        {
            // Back soon: the same episode goes on.
            post.post(self.told_end(tag), -1);
            if i64::from(away) >= i64::from(gaps.reset) {
                // Days on market go on, cumulative ones begin anew.
                self.earlier.0 = -self.days_until(self.end);
            }
            self.gap_days += away.max(0);
            if self.phase == Phase::Active {
                post.post(plain(What::BackOnMarket, day, tag), 1);
            }
            return;
        }
        let ended = self.end;
        let said = version
            .terms
            .on_market_date
            .filter(|said| *said <= day && (ended == UNKNOWN || *said > ended));
        let start = said.unwrap_or(day);
        self.earlier = match (self.sold, self.end_days) {
            (false, days) if ended != UNKNOWN => {
                let days = if days == UNKNOWN { 0 } else { days.0 };
                let away = i64::from(start.0) - i64::from(ended.0);
                let reset = away >= i64::from(gaps.reset);
                let since_reset = self.earlier.0.saturating_add(days);
                let all = self.earlier.1.saturating_add(days);
                (if reset { 0 } else { since_reset }, all)
            }
            _ => (0, 0),
        };
        self.sold = false;
        self.start_known = said.is_some() || (self.phase == Phase::Active);
        self.start = start;
        self.gap_days = 0;
        self.last_cut = UNKNOWN;
        self.inferred_cut = UNKNOWN;
        self.contract = (UNKNOWN, UNKNOWN);
        post.post(plain(What::EpisodeStart, self.start, tag), 1);
        if self.start_known {
            post.post(plain(What::NewListing, self.start, tag), 1);
        }
    }

    /// The source said a new on-market date within an episode: the episode's start moves.
    fn move_start(&mut self, day: Day, said: Option<Day>, tag: Tag, post: &mut impl Post) {
        let Some(said) = said.filter(|said| *said <= day) else {
            return;
        };
        if said != self.start {
            post.post(plain(What::EpisodeStart, self.start, tag), -1);
            post.post(plain(What::EpisodeStart, said, tag), 1);
        }
        if self.start_known {
            post.post(plain(What::NewListing, self.start, tag), -1);
        }
        post.post(plain(What::NewListing, said, tag), 1);
        self.start = said;
        self.start_known = true;
    }

    /// Left the market under contract; said again, it may be corrected.
    fn contract(
        &mut self,
        before: Phase,
        close_day: Day,
        version: &Version<'_>,
        tag: Tag,
        post: &mut impl Post,
    ) {
        let again = matches!(before, Phase::Pending | Phase::Closed);
        let day = match (version.terms.contract_date, self.contract_told()) {
            (Some(day), _) => day,
            (None, Some((day, _))) if again => day,
            (None, _) if self.phase == Phase::Closed => close_day,
            (None, _) => version.day,
        };
        let on_market = self.days_until(day);
        let days = if self.start_known && on_market >= 0 {
            Day(on_market)
        } else {
            UNKNOWN
        };
        if again && self.contract_told() == Some((day, days)) {
            return;
        }
        let earlier = self.earlier;
        let mut tell = |(day, days): (Day, Day), change| {
            post.post(contract(day, days, earlier, tag), change);
        };
        if let Some(old) = self.contract_told().filter(|_| again) {
            tell(old, -1);
        }
        self.contract = (day, days);
        tell((day, days), 1);
    }

    /// Days on market from the episode's start to a day.
    fn days_until(&self, day: Day) -> i32 {
        let days = day.0.saturating_sub(self.start.0);
        days.saturating_sub(self.gap_days)
    }

    /// The event that tells the episode's end.
    fn told_end(&self, tag: Tag) -> EventKey {
        EventKey {
            other_day: self.end_days,
            ..plain(What::EpisodeEnd, self.end, tag)
        }
    }

    /// Tells the episode's end.
    fn tell_end(&mut self, tag: Tag, post: &mut impl Post) {
        let days = self.days_until(self.end);
        self.end_days = if self.start_known && days >= 0 {
            Day(days)
        } else {
            UNKNOWN
        };
        post.post(self.told_end(tag), 1);
    }

    fn close(
        &mut self,
        before: Phase,
        close_day: Day,
        version: &Version<'_>,
        placement: &Placement,
        post: &mut impl Post,
    ) {
        let again = before == Phase::Closed;
        let now = (close_day, placement.price(version.terms.close_price));
        let cents = |cents: Option<Cents>| cents.and_then(|cents| u64::try_from(cents).ok());
        if !again {
            // Some feeds overwrite the list price with the close price: what was asked before counts.
            let told = cents(version.terms.list_price).unwrap_or(NO_VALUE);
            let known = before != Phase::Unseen && self.price != NO_VALUE;
            self.close_list = if known { self.price } else { told };
        }
        let original = cents(version.terms.original_list_price).unwrap_or(NO_VALUE);
        let ratios = (ratio_of(now.1, self.close_list), ratio_of(now.1, original));
        if again && !self.start_known && self.start != close_day {
            // Only the closing was ever seen: the episode is that day, wherever it is corrected to.
            post.post(plain(What::EpisodeStart, self.start, placement.tag), -1);
            post.post(plain(What::EpisodeStart, close_day, placement.tag), 1);
            self.start = close_day;
        }
        let end = close_day.max(self.start);
        if again {
            post.post(self.told_end(placement.tag), -1);
        }
        self.end = end;
        self.tell_end(placement.tag, post);
        (self.open, self.sold) = (false, true);
        if again && self.close_told() == Some(now) && self.close_ratios == ratios {
            return;
        }
        let mut tell = |(day, price): (Day, u64), ratios: (u32, u32), change| {
            let told = |what, ratio| EventKey {
                price: match ratio {
                    NO_RATIO => NO_VALUE,
                    ratio => u64::from(ratio),
                },
                ..plain(what, day, placement.tag)
            };
            let day = if is_planted(Bug::DayOff) {
                day.plus(1)
            } else {
                day
            };
            let close = EventKey {
                price,
                ratio: placement.ratio(price),
                ..plain(What::Close, day, placement.tag)
            };
            post.post(close, change);
            post.post(told(What::SaleToList, ratios.0), change);
            post.post(told(What::SaleToOriginal, ratios.1), change);
        };
        if let Some(old) = self.close_told().filter(|_| again) {
            tell(old, self.close_ratios, -1);
        }
        tell(now, ratios, 1);
        (self.close_day, self.close_price) = now;
        self.close_ratios = ratios;
    }

    /// The first record already asks less than the original price.
    fn infer_cut(&mut self, version: &Version<'_>, tag: Tag, post: &mut impl Post) {
        let (Some(original), Some(list)) =
            (version.terms.original_list_price, version.terms.list_price)
        else {
            return;
        };
        if original <= list {
            return;
        }
        let in_episode = matches!(self.phase, Phase::Active | Phase::Pending | Phase::Closed);
        if in_episode {
            self.inferred_cut = version.day;
        }
        let other_day = if in_episode { version.day } else { UNKNOWN };
        post.post(
            EventKey {
                other_day,
                ..plain(What::CutInferred, version.day, tag)
            },
            1,
        );
    }

    /// A list price below the one before it.
    fn cut(&mut self, version: &Version<'_>, price: u64, tag: Tag, post: &mut impl Post) {
        let overwritten = self.phase == Phase::Closed
            && version
                .terms
                .close_price
                .and_then(|cents| u64::try_from(cents).ok())
                == Some(price);
        if overwritten {
            // Some feeds overwrite the asking price by the price that was paid: that is no cut.
            return;
        }
        let in_episode = self.open || self.phase == Phase::Closed;
        if !in_episode {
            post.post(plain(What::CutOffMarket, version.day, tag), 1);
            return;
        }
        let inferred = if self.inferred_cut == UNKNOWN {
            NO_VALUE
        } else {
            code_of_day(self.inferred_cut)
        };
        let event = EventKey {
            other_day: self.last_cut,
            price: inferred,
            ratio: size_of_cut(self.price, price),
            ..plain(What::CutSeen, version.day, tag)
        };
        post.post(event, 1);
        self.last_cut = version.day;
    }
}

/// The part of a price that a cut takes off, in billionths, rounded half up.
fn size_of_cut(before: u64, after: u64) -> u64 {
    let (before, off) = (u128::from(before), u128::from(before - after));
    ((2 * off * u128::from(BILLIONTHS) + before) / (2 * before)) as u64
}

/// A contract after so many days on market, and earlier episodes.
pub(super) fn contract(day: Day, days: Day, earlier: (i32, i32), tag: Tag) -> EventKey {
    let add = |earlier: i32| u64::from(days.0.saturating_add(earlier).max(0).unsigned_abs());
    let (since_reset, all) = match days {
        UNKNOWN => (NO_VALUE, NO_VALUE),
        _ => (add(earlier.0), add(earlier.1)),
    };
    EventKey {
        other_day: days,
        price: since_reset,
        ratio: all,
        ..plain(What::Contract, day, tag)
    }
}

/// An event that carries nothing.
pub(super) fn plain(what: What, day: Day, tag: Tag) -> EventKey {
    EventKey {
        what,
        day,
        tag,
        other_day: UNKNOWN,
        price: NO_VALUE,
        ratio: NO_VALUE,
    }
}

#[inline]
fn stock_of(
    phase: Phase,
    list_price: Option<Cents>,
    start: Day,
    placement: &Placement,
) -> Option<StockEntry> {
    let without_values = |class| {
        Some(StockEntry {
            class,
            price: NO_VALUE,
            ratio: NO_VALUE,
            start: NO_VALUE,
        })
    };
    match phase {
        Phase::Active => {
            let price = placement.price(list_price);
            Some(StockEntry {
                class: StockClass::Active,
                price,
                ratio: placement.ratio(price),
                start: start_key(start),
            })
        }
        Phase::Pending => without_values(StockClass::Pending),
        Phase::ComingSoon => without_values(StockClass::ComingSoon),
        Phase::Unseen | Phase::Closed | Phase::Off => None,
    }
}

/// The day on which an episode began, as a stock's key.
pub(super) fn start_key(start: Day) -> u64 {
    match start {
        UNKNOWN => NO_VALUE,
        day => code_of_day(day),
    }
}
