//! Counts of events of one sort, which differ only in what they count.

/// A measure that counts events: its id, its title, the sort of its events, its definition, the source of it, and its slow twin.
macro_rules! event_count {
    ($id:literal, $title:literal, $what:ident, $definition:literal, $source:literal, $twin:literal) => {
        $crate::measure::Measure {
            id: $id,
            title: $title,
            unit: $crate::measure::Unit::Count,
            nature: $crate::measure::Nature::Flow,
            definition: $definition,
            source: $source,
            denominator: "",
            twin: $twin,
            variants: $crate::measure::OWN,
            reduction: $crate::measure::Reduction::Count,
            basis: $crate::measure::Basis::Events {
                sorts: |_| &[$crate::market::What::$what],
                value: $crate::measure::ONE,
            },
            read: |market, period, _| {
                let (days, as_final) = (period.days(), period.as_final);
                let count = market.event_count($crate::market::What::$what, days, as_final);
                $crate::measure::Reading::count(count)
            },
        }
    };
}

pub(super) use event_count;
