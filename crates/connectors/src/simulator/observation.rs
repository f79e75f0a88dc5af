//! A row as an observation record, with the same values as its NDJSON line.

use freehold_kernel::field::ProfileField;
use freehold_kernel::record::{FeedId, Incomplete, ObservationBuilder};

use super::update::{ORIGINATING_SYSTEM_NAME, SimulatedUpdate};

/// Turns rows into records, with buffers that are used again.
#[derive(Debug)]
pub struct ObservationWriter {
    builder: ObservationBuilder,
    text: Vec<u8>,
}

impl ObservationWriter {
    /// For rows of `feed`.
    #[must_use]
    pub fn new(feed: FeedId) -> Self {
        Self {
            builder: ObservationBuilder::new(feed),
            text: Vec::with_capacity(64),
        }
    }

    /// Appends the record of `update`.
    ///
    /// # Errors
    /// Never for a row of the simulator: every row has a key, a time and a status.
    pub fn write(&mut self, update: &SimulatedUpdate, out: &mut Vec<u8>) -> Result<(), Incomplete> {
        let builder = &mut self.builder;
        builder.clear();
        self.text.clear();
        update.key.push_to(&mut self.text);
        builder.key(&self.text);
        builder.event(update.event_time, update.event_day);
        builder.status(update.status);
        builder.terms.list_price = Some(update.list_price);
        builder.terms.original_list_price = Some(update.original_list_price);
        builder.terms.close_price = update.close_price;
        builder.terms.close_date = update.close_date;
        builder.terms.on_market_date = Some(update.on_market_date);
        builder.terms.contract_date = update.contract_date;
        builder.code(ProfileField::PropertyType, update.property_type.code());
        builder.code(
            ProfileField::PropertySubType,
            update.property_sub_type.code(),
        );
        let integers = [
            (ProfileField::BedroomsTotal, update.bedrooms.map(i64::from)),
            // Stored times 100, as a home may have half baths.
            (
                ProfileField::BathroomsTotalInteger,
                update.bathrooms.map(|baths| i64::from(baths) * 100),
            ),
            (ProfileField::YearBuilt, update.year_built.map(i64::from)),
            (ProfileField::Latitude, Some(i64::from(update.latitude))),
            (ProfileField::Longitude, Some(i64::from(update.longitude))),
        ];
        for (field, value) in integers {
            if let Some(value) = value {
                builder.integer(field, value);
            }
        }
        if let Some(area) = update.living_area {
            builder.living_area(i64::from(area) * 100, update.living_area_unit);
        }
        builder.text(ProfileField::PostalCode, update.postal_code);
        builder.text(ProfileField::City, update.city);
        builder.text(ProfileField::CountyOrParish, update.county);
        builder.text(ProfileField::StateOrProvince, update.state.code());
        builder.text(ProfileField::OriginatingSystemName, ORIGINATING_SYSTEM_NAME);
        let address = update.address;
        set_text(
            builder,
            ProfileField::UnparsedAddress,
            &mut self.text,
            |text| {
                address.push_to(text);
            },
        );
        if let Some(unit) = address.unit {
            set_text(builder, ProfileField::UnitNumber, &mut self.text, |text| {
                unit.push_to(text);
            });
        }
        set_text(
            builder,
            ProfileField::ParcelNumber,
            &mut self.text,
            |text| {
                update.parcel.push_to(text);
            },
        );
        if let Some(fault) = update.fault {
            builder.local("X_Fault", fault.label());
        }
        builder.local("X_Simulated", "yes");
        builder.finish(out)
    }
}

fn set_text(
    builder: &mut ObservationBuilder,
    field: ProfileField,
    text: &mut Vec<u8>,
    push: impl FnOnce(&mut Vec<u8>),
) {
    text.clear();
    push(text);
    // The simulator's texts are ASCII.
    builder.text(field, std::str::from_utf8(text).unwrap_or_default());
}
