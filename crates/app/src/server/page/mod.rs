//! The page: its files, the HTML that it begins with, and the data of its views. Every address of a view has
//! twins with `.json` and `.csv` that give the same rows.

mod assets;
mod board;
mod format;
mod history;
mod html;
mod views;

pub(crate) use format::format;
pub(crate) use history::Histories;
pub(crate) use views::routes;
