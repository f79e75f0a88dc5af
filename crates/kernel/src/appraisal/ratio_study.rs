//! How good appraised values are against what was paid: a ratio study as assessors make it (IAAO Standard on Ratio Studies), and the
//! errors that publishers of automated values report.

use crate::robust::median;

/// What a study of pairs of value and price says. Shares as parts of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioStudy {
    /// How many pairs.
    pub n: usize,
    /// The median of value by price.
    pub median_ratio: f64,
    /// Coefficient of dispersion: the mean distance of ratios from their median, in percent of it.
    pub cod: f64,
    /// Price-related differential: the mean ratio by the ratio of sums.
    pub prd: f64,
    /// Coefficient of price-related bias: how ratios change where the price doubles, as a part of the median; `None` where all
    /// prices are alike.
    pub prb: Option<f64>,
    /// The median absolute error, by the price.
    pub mdape: f64,
    /// The share of values within 10 % of the price.
    pub ppe10: f64,
}

/// A study of `(value, price)` pairs; `None` of none, or where one is not above zero.
#[must_use]
pub fn ratio_study(pairs: &[(f64, f64)]) -> Option<RatioStudy> {
    let is_sound = |&(value, price): &(f64, f64)| value > 0.0 && price > 0.0;
    if pairs.is_empty() || !pairs.iter().all(is_sound) {
        return None;
    }
    let n = pairs.len() as f64;
    let ratios: Vec<f64> = pairs.iter().map(|(value, price)| value / price).collect();
    let middle = median(&mut ratios.clone())?;
    let apart: f64 = ratios.iter().map(|ratio| (ratio - middle).abs()).sum();
    let sums = pairs
        .iter()
        .fold((0.0, 0.0), |sums, pair| (sums.0 + pair.0, sums.1 + pair.1));
    let mut errors: Vec<f64> = pairs
        .iter()
        .map(|(value, price)| (value - price).abs() / price)
        .collect();
    // A value 10 % off is within 10 %, however its division rounds.
    let within = pairs
        .iter()
        .filter(|(value, price)| (value - price).abs() * 10.0 <= *price);
    let within = within.count() as f64;
    let bias = pairs.iter().zip(&ratios).map(|((value, price), ratio)| {
        (
            libm::log2(0.5 * (value / middle + price)),
            (ratio - middle) / middle,
        )
    });
    let bias: Vec<(f64, f64)> = bias.collect();
    Some(RatioStudy {
        n: pairs.len(),
        median_ratio: middle,
        cod: 100.0 * (apart / n) / middle,
        prd: (ratios.iter().sum::<f64>() / n) / (sums.0 / sums.1),
        prb: slope(&bias),
        mdape: median(&mut errors)?,
        ppe10: within / n,
    })
}

/// The slope of the least squares line through points.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (mean_x, mean_y) = (mean(|point| point.0), mean(|point| point.1));
    let (mut across, mut along) = (0.0, 0.0);
    for (x, y) in points {
        across += (x - mean_x) * (y - mean_y);
        along += (x - mean_x) * (x - mean_x);
    }
    (along > 0.0).then(|| across / along)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Worked out independently.
    #[test]
    fn six_sales_give_the_golden_values() {
        let values = [190.0, 250.0, 310.0, 405.0, 480.0, 620.0];
        let prices = [200.0, 240.0, 325.0, 400.0, 500.0, 600.0];
        let pairs: Vec<(f64, f64)> = values.into_iter().zip(prices).collect();
        let found = ratio_study(&pairs).expect("six pairs");
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 5e-8, "{found}");
        near(found.median_ratio, 0.98625);
        near(found.cod, 3.779_532_7);
        near(found.prd, 0.996_289_7);
        near(found.prb.expect("prices differ"), 0.019_594_3);
        near(found.mdape, 0.040_833_3);
        assert_eq!((found.ppe10, found.n), (1.0, 6));
        assert_eq!(ratio_study(&[]), None);
        assert_eq!(ratio_study(&[(1.0, 0.0)]), None);
        assert_eq!(ratio_study(&[(2.0, 2.0)]).and_then(|study| study.prb), None);
    }
}
