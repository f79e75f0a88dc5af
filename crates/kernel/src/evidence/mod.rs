//! The homes and events behind a reading, exactly: from the rows of every shard, [`reduce`] makes the very
//! reading that the measure's reader gives. Rows are derived when asked for; nothing of them is kept.

mod change;
mod episodes;
mod late;
mod reduce;
mod row;

pub use change::{Cause, NamedRow, ReadingChange, change};
pub use reduce::reduce;
pub use row::{EvidenceRow, Side};

use self::late::{Told, mark_late};
use crate::as_of::Knowledge;
use crate::home::{Derived, derive, fold_versions};
use crate::listing::{Listing, ListingId};
use crate::market::{
    EventKey, LeafId, MarketKey, NO_VALUE, Segment, Stock, StockClass, What, day_of_code,
};
use crate::measure::{Basis, EventValue, Measure, Period, Quotient, Reduction, Value};
use crate::quarantine::{Held, HeldField};
use crate::shard::Shard;
use crate::time::Day;
use crate::walk::LeafSet;

/// The fields that events of a sort rest on: held, they are why one has no value.
fn held_with(what: What) -> &'static [HeldField] {
    match what {
        What::Close => &[HeldField::ClosePrice, HeldField::LivingArea],
        What::SaleToList => &[HeldField::ClosePrice, HeldField::ListPrice],
        What::SaleToOriginal => &[HeldField::ClosePrice, HeldField::OriginalListPrice],
        _ => &[],
    }
}

/// What is asked.
pub(crate) struct Question<'a> {
    pub(crate) segment: Segment,
    pub(crate) period: Period,
    pub(crate) variant: &'a str,
    /// The leaves of the area in this shard.
    pub(crate) leaves: &'a [LeafId],
    /// Whether days that are final show what was known then.
    pub(crate) as_final: bool,
}

/// A home that stands in the market.
pub(crate) struct Home {
    /// Listings that speak for it, in stable order.
    pub(crate) members: Vec<ListingId>,
    pub(crate) derived: Derived,
}

impl Shard {
    /// This shard's homes and events behind the reading of one market, in order of feed name and key: all
    /// that `measure` looks at in `period`, what it excludes with the reason. By what is known,
    /// as [`Shard::markets_known`].
    ///
    /// Where several homes tell of equal events, of which one became known after its day was final, the last
    /// in order is said to be that one: books count events and do not know whose they are.
    #[must_use]
    pub fn evidence(
        &self,
        market: &MarketKey,
        measure: &Measure,
        variant: &str,
        period: Period,
        knowledge: Knowledge,
    ) -> Vec<EvidenceRow> {
        if let Basis::Quotient { of } = measure.basis {
            return self.parts(market, of(variant), period, knowledge);
        }
        let knowledge = match measure.basis {
            Basis::Homes { .. } => knowledge,
            _ => knowledge.of_events(),
        };
        let leaves = self
            .markets()
            .leaves_of(market.level, &market.area, market.kind);
        let question = Question {
            segment: market.segment,
            period,
            variant,
            leaves,
            as_final: period.as_final && knowledge == Knowledge::NOW,
        };
        let (from, to) = period.days();
        let tells = |home: &Derived| match measure.basis {
            Basis::Homes { class, .. } => home.stock.is_some_and(|entry| entry.class == class),
            Basis::Events { sorts, .. } => home.events.iter().any(|(event, _)| {
                sorts(variant).contains(&event.what) && from <= event.day && event.day <= to
            }),
            Basis::Episodes { .. } => home.events.iter().any(|(event, _)| event.day <= to),
            Basis::Quotient { .. } => false,
        };
        let homes = self.homes_in(market, leaves, knowledge, &tells);
        match measure.basis {
            Basis::Homes { class, value } => self.stock_rows(&homes, class, value, to, knowledge),
            Basis::Events { sorts, value } => {
                let mut rows = self.event_rows(&homes, &question, sorts(variant), value, knowledge);
                if measure.reduction == Reduction::Share {
                    // A share adds values up: those of an event that counts several times, or is taken away, too.
                    rows.iter_mut().for_each(EvidenceRow::add_up);
                }
                rows
            }
            Basis::Episodes { is_cut } => self.episode_rows(&homes, &question, is_cut, knowledge),
            Basis::Quotient { .. } => Vec::new(),
        }
    }

    /// The rows behind both parts of a quotient, each marked.
    fn parts(
        &self,
        market: &MarketKey,
        quotient: Quotient,
        period: Period,
        knowledge: Knowledge,
    ) -> Vec<EvidenceRow> {
        let sides = [(Side::Above, quotient.above), (Side::Below, quotient.below)];
        let rows = sides.into_iter().flat_map(|(side, part)| {
            let market = MarketKey {
                kind: part.kind.unwrap_or(market.kind),
                ..market.clone()
            };
            let period = part.period(period);
            let rows = self.evidence(&market, part.measure, part.variant, period, knowledge);
            rows.into_iter().map(move |row| EvidenceRow {
                part: Some(side),
                ..row
            })
        });
        rows.collect()
    }

    /// The homes that stand in the market's area and segment and tell of something that is asked.
    fn homes_in(
        &self,
        market: &MarketKey,
        leaves: &[LeafId],
        knowledge: Knowledge,
        tells: &dyn Fn(&Derived) -> bool,
    ) -> Vec<Home> {
        let mut homes = Vec::new();
        if leaves.is_empty() {
            return homes;
        }
        let within = LeafSet::new(leaves, self.markets().leaf_count());
        let all = 0..self.listings().len() as u32;
        self.each_home(all, market.kind, &|leaf| within.holds(leaf), &mut |ids| {
            let is_known = |id: &ListingId| {
                let mut any = false;
                let listing = self.listings().get(*id);
                listing.each_known(knowledge, |_, _| any = true);
                any
            };
            let mut ids = ids.to_vec();
            if ids.len() > 1 {
                ids.retain(is_known);
            }
            let listings: Vec<&Listing> = ids.iter().map(|id| self.listings().get(*id)).collect();
            let Some(derived) = derive(self.plan(), self.quarantine(), &listings, knowledge) else {
                return;
            };
            let placement = &derived.placement;
            if tells(&derived)
                && within.holds(placement.leaf)
                && market.segment.holds(placement.tag)
            {
                homes.push(Home {
                    members: ids,
                    derived,
                });
            }
        });
        homes.sort_by(|left, right| self.stable_order(left.members[0], right.members[0]));
        homes
    }

    fn stock_rows(
        &self,
        homes: &[Home],
        class: StockClass,
        value: Option<Stock>,
        today: Day,
        knowledge: Knowledge,
    ) -> Vec<EvidenceRow> {
        let mut rows = Vec::with_capacity(homes.len());
        for home in homes {
            let Some(entry) = home.derived.stock.filter(|entry| entry.class == class) else {
                continue;
            };
            let placement = &home.derived.placement;
            let lead = home.members[home.derived.lead];
            let held = |fields: &[HeldField]| self.held_reason(lead, fields, knowledge);
            let no_price = || {
                let reason = placement.comparable.reason();
                let reason = reason.or_else(|| held(&[HeldField::ListPrice]));
                reason.unwrap_or("no ListPrice")
            };
            let value = match value {
                None => Ok(Value::Count(1)),
                Some(Stock::Age) => match entry.start {
                    NO_VALUE => Err("its start is not known"),
                    start => Ok(Value::days(today.0 - day_of_code(start).0)),
                },
                Some(_) if entry.price == NO_VALUE => Err(no_price()),
                Some(Stock::ListPrice) => Ok(Value::cents(entry.price)),
                Some(Stock::ListPricePerArea) if entry.ratio == NO_VALUE => {
                    Err(held(&[HeldField::LivingArea]).unwrap_or(Value::NO_AREA))
                }
                Some(Stock::ListPricePerArea) => Ok(Value::Real(f64::from_bits(entry.ratio))),
            };
            rows.push(EvidenceRow::new(None, value).of(&home.members, lead));
        }
        rows
    }

    fn event_rows(
        &self,
        homes: &[Home],
        question: &Question<'_>,
        sorts: &[What],
        value: EventValue,
        knowledge: Knowledge,
    ) -> Vec<EvidenceRow> {
        let (from, to) = question.period.days();
        let wanted =
            |event: &EventKey| sorts.contains(&event.what) && from <= event.day && event.day <= to;
        let mut told = Told::of(homes, &wanted);
        let rest = mark_late(&mut told, self.apart_in(question, &wanted));
        let mut rows = Vec::with_capacity(told.len() + rest.len());
        for told in &told {
            let home = &homes[told.home];
            let teller = self.teller(home, &told.event, knowledge);
            let placement = self.listings().get(teller).placement;
            let value = value(&told.event, Some(&placement), question.variant);
            let value = value.map_err(|reason| {
                let held = held_with(told.event.what);
                self.held_reason(teller, held, knowledge).unwrap_or(reason)
            });
            let row = EvidenceRow::new(Some(told.event), value);
            let row = row.of(&home.members, teller);
            rows.push(if told.late { row.set_apart() } else { row });
        }
        for (event, times) in rest {
            rows.push(
                EvidenceRow::new(Some(event), value(&event, None, question.variant))
                    .of_nobody(times),
            );
        }
        rows
    }

    /// Why the newest version of a listing that is known gives no value: one of these fields is held.
    fn held_reason(
        &self,
        id: ListingId,
        fields: &[HeldField],
        knowledge: Knowledge,
    ) -> Option<&'static str> {
        let listing = self.listings().get(id);
        if !listing.has_held {
            return None;
        }
        let mut newest = Held::NOTHING;
        listing.each_known(knowledge, |version, corrections| {
            let placement = &listing.placement;
            newest = self
                .quarantine()
                .held(&version.terms, placement, corrections);
        });
        let mut held = newest.fields().filter(|(field, _)| fields.contains(field));
        held.next().map(|(_, cause)| cause.reason())
    }

    /// What came after its day was final, of the events that are wanted.
    fn apart_in(
        &self,
        question: &Question<'_>,
        wanted: &dyn Fn(&EventKey) -> bool,
    ) -> Vec<(EventKey, i64)> {
        if !question.as_final {
            return Vec::new();
        }
        let leaves = question.leaves.iter();
        leaves
            .flat_map(|leaf| self.markets().apart_of(*leaf))
            .filter(|(event, _)| wanted(event) && question.segment.holds(event.tag))
            .map(|(event, count)| (*event, i64::from(count)))
            .collect()
    }

    /// The listing of a home that told an event: of several the first.
    fn teller(&self, home: &Home, event: &EventKey, knowledge: Knowledge) -> ListingId {
        let lead = home.members[home.derived.lead];
        if home.members.len() == 1 {
            return lead;
        }
        let tells = |id: &&ListingId| {
            let mut count = 0;
            let post = &mut |told: EventKey, change: i32| {
                let mut told = EventKey {
                    tag: event.tag,
                    ..told
                };
                if told.what == What::Contract {
                    // Earlier episodes of other listings count with it.
                    (told.price, told.ratio) = (event.price, event.ratio);
                }
                if told == *event {
                    count += change;
                }
            };
            let listing = self.listings().get(**id);
            let gaps = self.plan().gaps(listing.feed);
            fold_versions(listing, self.quarantine(), gaps, knowledge, post);
            count > 0
        };
        home.members.iter().find(tells).copied().unwrap_or(lead)
    }
}
