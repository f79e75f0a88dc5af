//! Which listings stand in an area: found by the leaves of the area, without reading a profile.

use anyhow::Result;
use freehold_kernel::field::Kind;
use freehold_kernel::listing::Listing;
use freehold_kernel::market::LeafId;
use freehold_pipeline::books::Books;

use super::{BadQuestion, check_known};

/// The leaves of an area in each shard; or everywhere.
pub(crate) struct Place(Option<Vec<Vec<LeafId>>>);

impl Place {
    /// The area with this name on this level, or everywhere when neither is given.
    pub(crate) fn find(books: &Books, level: Option<&str>, area: Option<&str>) -> Result<Self> {
        let (level, area) = match (level, area) {
            (None, None) => return Ok(Self(None)),
            (Some(level), Some(area)) => (level, area),
            (Some(_), None) => {
                return Err(BadQuestion::at("area", "a level needs the name of an area"));
            }
            (None, Some(_)) => {
                return Err(BadQuestion::at(
                    "level",
                    "an area needs the name of its level",
                ));
            }
        };
        let levels = &books.engine.plan().levels;
        check_known(
            "level",
            &[level.to_owned()],
            levels.iter().map(|level| level.name.as_str()),
        )?;
        let number = levels.iter().position(|known| known.name == level);
        let number = number.map_or(0, |number| number as u8);
        if !books.engine.view().has_area(number, area) {
            return Err(BadQuestion::at(
                "area",
                format!("there is no area {area:?} on level {level}"),
            ));
        }
        let shards = books.engine.shards().iter();
        let leaves = shards.map(|shard| {
            let of_kind = |kind| shard.markets().leaves_of(number, area, kind).iter();
            let mut leaves: Vec<LeafId> =
                Kind::ALL.into_iter().flat_map(of_kind).copied().collect();
            leaves.sort_unstable();
            leaves
        });
        Ok(Self(Some(leaves.collect())))
    }

    /// Whether a listing of shard `shard` stands here. A listing that reaches no market stands nowhere.
    pub(crate) fn holds(&self, shard: usize, listing: &Listing) -> bool {
        let Some(leaves) = &self.0 else { return true };
        listing
            .leaf()
            .is_some_and(|leaf| leaves[shard].binary_search(&leaf).is_ok())
    }
}
