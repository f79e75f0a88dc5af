//! Measures that divide one reading by another, which differ only in which.

/// A measure of two parts: its id, title, unit, definition, variants, source, denominator and slow twin; its parts are told by a
/// function `of` beside it.
macro_rules! quotient {
    ($id:literal, $title:literal, $unit:ident, $definition:literal, $variants:expr, $source:literal, $denominator:literal, $twin:literal) => {
        $crate::measure::Measure {
            id: $id,
            title: $title,
            unit: $crate::measure::Unit::$unit,
            nature: $crate::measure::Nature::Stock,
            definition: $definition,
            source: $source,
            denominator: $denominator,
            twin: $twin,
            variants: $variants,
            reduction: $crate::measure::Reduction::Quotient,
            basis: $crate::measure::Basis::Quotient { of },
            read: |market, period, variant| of(variant).read(market, period),
        }
    };
}

pub(super) use quotient;
