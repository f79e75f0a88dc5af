"""An invented market of whole lives: stock, cuts, days on market and everything else equal a count over the lives."""

from __future__ import annotations

import calendar
import datetime
from pathlib import Path

import pytest

from instance import Instance
from invented import CITIES, OFFSET, Life, flow_readings, invented_config, make_lives, rows_of, stock_readings, write_rows
from recount import assert_same, as_said

EVER = (datetime.date(1, 1, 1), datetime.date(9999, 12, 31))
FUTURE = datetime.datetime(9999, 1, 1, tzinfo=datetime.timezone.utc)
DATES = [datetime.date(2023, 3, 31), datetime.date(2023, 11, 15), datetime.date(2024, 2, 29)]


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    return make_lives(1500, seed=20)


@pytest.fixture(scope="module")
def invented(instances, lives, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    path = write_rows(tmp_path_factory.mktemp("invented") / "rows.csv", rows_of(lives))
    return instances("invented", invented_config(path)).run()


def markets_of(lives: list[Life]):
    yield ("state", "AZ", "all"), lives
    for city in CITIES:
        yield ("city", city, "all"), [life for life in lives if life.city == city]
    for beds in range(7):
        name = "5+" if beds >= 5 else str(beds)
        members = [life for life in lives if ("5+" if life.beds >= 5 else str(life.beds)) == name]
        yield ("state", "AZ", f"beds:{name}"), members


def flows(lives: list[Life], window: str, date: str, first: datetime.date, last: datetime.date, moment=FUTURE):
    found = {}
    for market, members in markets_of(lives):
        for name, said in flow_readings(members, first, last, moment).items():
            found[(*market, *name.split("/"), window, date)] = said
    return found


def stock(lives: list[Life], date: str, moment: datetime.datetime):
    return {
        (*market, *name.split("/"), "now", date): said
        for market, members in markets_of(lives)
        for name, said in stock_readings(members, moment, datetime.date.fromisoformat(date)).items()
    }


def asked(instance: Instance, **filters: str):
    """What the engine says of the markets that are counted here."""
    names = "all," + ",".join(f"beds:{beds}" for beds in ("0", "1", "2", "3", "4", "5+"))
    rows = instance.markets(segment=names, kind="sale", **filters)
    return as_said([row for row in rows if row["level"] == "state" or row["segment"] == "all"])


def end_of(day: datetime.date) -> datetime.datetime:
    """The moment at which a local day is over."""
    midnight = datetime.datetime.combine(day + datetime.timedelta(days=1), datetime.time(), datetime.timezone.utc)
    return midnight - OFFSET


def test_the_ledger_knows_the_doubled_rows(invented: Instance, lives) -> None:
    rows = rows_of(lives)
    once = len({tuple(row) for row in rows})
    ledger = invented.ledger("invented")
    assert (ledger["received"], ledger["accepted"], ledger["duplicate"]) == (len(rows), once, len(rows) - once)


def test_everything_at_the_end(invented: Instance, lives) -> None:
    assert_same(asked(invented, window="all"), flows(lives, "all", "", *EVER))
    found = asked(invented, window="now")
    (date,) = {key[-1] for key in found}
    assert_same(found, stock(lives, date, FUTURE))


@pytest.mark.parametrize("year, month", [(2023, 1), (2023, 6), (2024, 2), (2024, 5)])
def test_months(invented: Instance, lives, year: int, month: int) -> None:
    first = datetime.date(year, month, 1)
    last = first.replace(day=calendar.monthrange(year, month)[1])
    wanted = flows(lives, "month", first.isoformat(), first, last)
    assert_same(asked(invented, window="month", date=first.isoformat()), wanted)


@pytest.mark.parametrize("day", DATES, ids=str)
@pytest.mark.parametrize("window, days", [("30d", 30), ("90d", 90)])
def test_trailing_windows(invented: Instance, lives, window: str, days: int, day: datetime.date) -> None:
    first = day - datetime.timedelta(days=days - 1)
    wanted = flows(lives, window, day.isoformat(), first, day)
    assert_same(asked(invented, window=window, date=day.isoformat()), wanted)


@pytest.mark.parametrize("day", DATES, ids=str)
def test_as_of_a_date(invented: Instance, lives, day: datetime.date) -> None:
    moment, date = end_of(day), day.isoformat()
    wanted = stock(lives, date, moment)
    wanted |= flows(lives, "all", "", *EVER, moment)
    wanted |= flows(lives, "90d", date, day - datetime.timedelta(days=89), day, moment)
    assert_same(asked(invented, window="now,all,90d", as_of=date), wanted)
