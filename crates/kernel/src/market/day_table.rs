//! Whole numbers by day, side by side: all that is counted and added up of one sort of events lies in one row a day, so that an
//! event touches the row of its day and the one of all days, and nothing else in memory.

use crate::time::Day;

/// Rows in order of days, each the day and then `width` columns; the first row holds all days together. The width is the same
/// in every call. A sum takes two columns.
#[derive(Debug, Default)]
pub(super) struct DayTable {
    words: Vec<i64>,
}

/// A row, to add to; see [`DayTable::row`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    all: usize,
    own: usize,
}

impl DayTable {
    /// The row of a day; a new one has zeros.
    #[inline]
    pub(super) fn row(&mut self, width: usize, day: Day) -> Row {
        let stride = width + 1;
        if self.words.is_empty() {
            self.words.resize(stride, 0);
            self.words[0] = i64::MIN;
        }
        let own = self.place(stride, day);
        Row {
            all: 1,
            own: own + 1,
        }
    }

    #[inline]
    fn place(&mut self, stride: usize, day: Day) -> usize {
        let day = i64::from(day.0);
        let last = self.words.len() - stride;
        // Most of what happens, happens on the newest day.
        if self.words[last] == day {
            return last;
        }
        let at = match self.words[last] < day {
            true => self.words.len(),
            false => stride * self.first_row(stride, day),
        };
        if self.words.get(at) != Some(&day) {
            self.insert(at, stride, day);
        }
        at
    }

    fn insert(&mut self, at: usize, stride: usize, day: i64) {
        let zeros = std::iter::once(day).chain(std::iter::repeat_n(0, stride - 1));
        self.words.splice(at..at, zeros);
    }

    /// The number of the first row whose day is not before `day`; that of all days is before every one.
    fn first_row(&self, stride: usize, day: i64) -> usize {
        let (mut low, mut high) = (1, self.words.len() / stride);
        while low < high {
            let middle = low.midpoint(high);
            if self.words[middle * stride] < day {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// Adds to a count.
    #[inline]
    pub(super) fn add(&mut self, row: Row, column: usize, change: i64) {
        self.words[row.all + column] += change;
        self.words[row.own + column] += change;
    }

    /// Adds to a sum.
    #[inline]
    pub(super) fn add_wide(&mut self, row: Row, column: usize, change: i128) {
        for at in [row.all + column, row.own + column] {
            let sum = wide(&self.words[at..at + 2]) + change;
            self.words[at] = sum as i64;
            self.words[at + 1] = (sum >> 64) as i64;
        }
    }

    /// A count over some days, both included.
    pub(super) fn between(&self, width: usize, column: usize, days: (Day, Day)) -> i64 {
        self.sum_between(width, days, &|row| i128::from(row[column])) as i64
    }

    /// A sum over some days, both included.
    pub(super) fn wide_between(&self, width: usize, column: usize, days: (Day, Day)) -> i128 {
        self.sum_between(width, days, &|row| wide(&row[column..column + 2]))
    }

    fn sum_between(
        &self,
        width: usize,
        (from, to): (Day, Day),
        value: &dyn Fn(&[i64]) -> i128,
    ) -> i128 {
        let stride = width + 1;
        if self.words.is_empty() {
            return 0;
        }
        let first = self.first_row(stride, from.0.into());
        let end = self.first_row(stride, i64::from(to.0) + 1).max(first);
        let rows = self.words.len() / stride;
        let sum = |rows: std::ops::Range<usize>| -> i128 {
            let words = &self.words[rows.start * stride..rows.end * stride];
            words.chunks_exact(stride).map(|row| value(&row[1..])).sum()
        };
        if end - first > rows / 2 {
            sum(0..1) - sum(1..first) - sum(end..rows)
        } else {
            sum(first..end)
        }
    }

    /// Each day with its columns.
    pub(super) fn rows(&self, width: usize) -> impl Iterator<Item = (Day, &[i64])> {
        let rows = self.words.chunks_exact(width + 1).skip(1);
        rows.map(|row| (Day(row[0] as i32), &row[1..]))
    }

    /// Adds what another table of this width holds; the first `counts` columns are counts, the others sums.
    pub(super) fn add_all(&mut self, other: &Self, width: usize, counts: usize) {
        for (day, columns) in other.rows(width) {
            let row = self.row(width, day);
            for (column, count) in columns[..counts].iter().enumerate() {
                self.add(row, column, *count);
            }
            for column in (counts..width).step_by(2) {
                self.add_wide(row, column, wide(&columns[column..column + 2]));
            }
        }
    }
}

/// A sum of two columns, the lower one first.
#[inline]
fn wide(columns: &[i64]) -> i128 {
    i128::from(columns[1]) << 64 | i128::from(columns[0] as u64)
}
