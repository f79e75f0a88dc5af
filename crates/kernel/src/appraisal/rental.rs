//! What a home that is let earns, before income taxes. Formulas as landlords and lenders use them; every input is given, none assumed.

/// A home that is bought to be let. Money in one currency; rates and shares as parts of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rental {
    /// What it costs.
    pub price: f64,
    /// Rent of a month, when let.
    pub monthly_rent: f64,
    /// Share of the rent that is lost to vacancy.
    pub vacancy: f64,
    /// Other income of a year.
    pub other_income: f64,
    /// Property tax of a year.
    pub property_tax: f64,
    /// Insurance of a year.
    pub insurance: f64,
    /// Maintenance of a year.
    pub maintenance: f64,
    /// Share of the effective income that management takes.
    pub management: f64,
    /// Dues and utilities of a year that the owner pays.
    pub dues_and_utilities: f64,
    /// The loan, 0 for none.
    pub loan: f64,
    /// Its interest of a year.
    pub interest: f64,
    /// Months over which it is paid back in equal payments.
    pub months: u32,
    /// Own money: down payment, closing and repairs.
    pub cash: f64,
}

/// What comes of it. Of a year, but for the payment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RentalReturns {
    /// Rent less vacancy, and other income: effective gross income.
    pub effective_income: f64,
    /// Expenses without debt service.
    pub expenses: f64,
    /// Net operating income.
    pub operating_income: f64,
    /// Rent by price.
    pub gross_yield: f64,
    /// Net operating income by price: the cap rate.
    pub cap_rate: f64,
    /// Price by rent: the gross rent multiplier.
    pub rent_multiplier: f64,
    /// What is paid for the loan in a month.
    pub payment: f64,
    /// Net operating income by debt service (DSCR); `None` without a loan.
    pub debt_coverage: Option<f64>,
    /// What is left after debt service.
    pub cash_flow: f64,
    /// Cash flow by own money; `None` where none went in.
    pub cash_on_cash: Option<f64>,
    /// The share of the rent that pays for expenses and debt; above 1 no occupancy does.
    pub break_even_occupancy: f64,
}

impl Rental {
    /// What comes of it.
    ///
    /// # Errors
    /// Names the input that makes no sense: a price or rent that is not above zero, or a loan without months.
    pub fn returns(&self) -> Result<RentalReturns, &'static str> {
        // Not the reverse comparison: NaN is not above zero, either.
        let is_above_zero = |value: f64| value > 0.0 && value.is_finite();
        if !is_above_zero(self.price) {
            return Err("the price must be above zero");
        }
        if !is_above_zero(self.monthly_rent) {
            return Err("the rent must be above zero");
        }
        let rent = 12.0 * self.monthly_rent;
        let effective_income = rent * (1.0 - self.vacancy) + self.other_income;
        let managed = self.management * effective_income;
        let fixed = self.property_tax + self.insurance + self.maintenance;
        let expenses = fixed + self.dues_and_utilities + managed;
        let operating_income = effective_income - expenses;
        let payment = self.payment()?;
        let debt_service = 12.0 * payment;
        let cash_flow = operating_income - debt_service;
        Ok(RentalReturns {
            effective_income,
            expenses,
            operating_income,
            gross_yield: rent / self.price,
            cap_rate: operating_income / self.price,
            rent_multiplier: self.price / rent,
            payment,
            debt_coverage: (debt_service > 0.0).then(|| operating_income / debt_service),
            cash_flow,
            cash_on_cash: (self.cash > 0.0).then(|| cash_flow / self.cash),
            break_even_occupancy: (expenses + debt_service) / rent,
        })
    }

    /// The equal payment of a month.
    fn payment(&self) -> Result<f64, &'static str> {
        if self.loan == 0.0 {
            return Ok(0.0);
        }
        if self.months == 0 {
            return Err("a loan is paid back over at least one month");
        }
        let (rate, months) = (self.interest / 12.0, f64::from(self.months));
        Ok(match rate {
            0.0 => self.loan / months,
            rate => self.loan * rate / (1.0 - libm::pow(1.0 + rate, -months)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: Rental = Rental {
        price: 300_000.0,
        monthly_rent: 2_400.0,
        vacancy: 0.05,
        other_income: 0.0,
        property_tax: 5_400.0,
        insurance: 1_500.0,
        maintenance: 3_000.0,
        management: 0.08,
        dues_and_utilities: 0.0,
        loan: 240_000.0,
        interest: 0.07,
        months: 360,
        cash: 69_000.0,
    };

    /// Worked out independently.
    #[test]
    fn a_mortgaged_home_earns_what_the_golden_values_say() {
        let found = HOME.returns().expect("sound inputs");
        let near = |found: f64, wanted: f64, digits: f64| {
            assert!(
                (found - wanted).abs() <= 0.5 * digits,
                "{found} is not {wanted}"
            );
        };
        near(found.effective_income, 27_360.0, 0.01);
        near(found.expenses, 12_088.80, 0.01);
        near(found.operating_income, 15_271.20, 0.01);
        near(found.gross_yield, 0.096, 1e-6);
        near(found.cap_rate, 0.050_904, 1e-6);
        near(found.rent_multiplier, 10.416_67, 1e-5);
        near(found.payment, 1_596.726_0, 1e-4);
        near(found.debt_coverage.expect("a loan"), 0.797_006, 1e-6);
        near(found.cash_flow, -3_889.51, 0.01);
        near(found.cash_on_cash.expect("own money"), -0.056_369_7, 1e-7);
        near(found.break_even_occupancy, 1.085_052, 1e-6);
    }

    #[test]
    fn without_a_loan_there_is_no_coverage_and_nonsense_is_named() {
        let paid = Rental {
            loan: 0.0,
            cash: 0.0,
            ..HOME
        };
        let found = paid.returns().expect("sound inputs");
        assert_eq!(
            (found.debt_coverage, found.cash_on_cash, found.payment),
            (None, None, 0.0)
        );
        let free = Rental {
            interest: 0.0,
            ..HOME
        };
        assert_eq!(
            free.returns().expect("sound inputs").payment,
            240_000.0 / 360.0
        );
        assert!(Rental { price: 0.0, ..HOME }.returns().is_err());
        assert!(
            Rental {
                monthly_rent: f64::NAN,
                ..HOME
            }
            .returns()
            .is_err()
        );
        assert!(Rental { months: 0, ..HOME }.returns().is_err());
    }
}
