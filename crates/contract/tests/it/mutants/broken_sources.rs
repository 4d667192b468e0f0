//! Sources of ids and clocks with one fault.

use std::sync::Arc;
use std::time::SystemTime;

use fm_contract::{ClockHarness, IdSourceHarness};
use fm_domain::clock::{Clock, Timestamp};
use fm_domain::ids::IdSource;
use fm_memory::SequentialIds;
use uuid::Uuid;

use crate::mutants::mutants;

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    GivesIdsTwice,
    RepeatsItself,
    StandsStill,
    TicksBySeconds,
}

struct Ids {
    honest: SequentialIds,
    fault: Fault,
}

impl IdSource for Ids {
    fn uuid(&self) -> Uuid {
        let id = self.honest.uuid();
        // The last bit decides between neighbours: without it they are one.
        if self.fault == Fault::GivesIdsTwice { Uuid::from_u128(id.as_u128() & !1) } else { id }
    }

    fn random(&self) -> [u8; 32] {
        if self.fault == Fault::RepeatsItself { [4; 32] } else { self.honest.random() }
    }
}

macro_rules! broken_ids {
    ($name:ident, $fault:expr) => {
        struct $name(Arc<Ids>);

        impl IdSourceHarness for $name {
            fn fresh() -> Self {
                Self(Arc::new(Ids { honest: SequentialIds::new(), fault: $fault }))
            }

            fn ids(&self) -> Arc<dyn IdSource> {
                self.0.clone()
            }
        }
    };
}

struct Watch(Fault);

impl Clock for Watch {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let micros = i64::try_from(since.as_micros()).unwrap();
        Timestamp::from_unix_micros(match self.0 {
            Fault::StandsStill => 0,
            Fault::TicksBySeconds => micros - micros.rem_euclid(1_000_000),
            _ => micros,
        })
    }
}

macro_rules! broken_clock {
    ($name:ident, $fault:expr) => {
        struct $name;

        impl ClockHarness for $name {
            fn fresh() -> Self {
                Self
            }

            fn clock(&self) -> Arc<dyn Clock> {
                Arc::new(Watch($fault))
            }
        }
    };
}

mutants! {
    a_source_of_ids_without_a_fault_breaks_no_rule: broken_ids(Fault::None) => id_source, [];
    a_source_that_gives_ids_twice: broken_ids(Fault::GivesIdsTwice) => id_source, ["ID-02", "ID-03"];
    a_source_whose_randomness_repeats: broken_ids(Fault::RepeatsItself) => id_source, ["ID-04"];

    a_clock_without_a_fault_breaks_no_rule: broken_clock(Fault::None) => clock, [];
    a_clock_that_stands_still: broken_clock(Fault::StandsStill) => clock, ["CLOCK-01", "CLOCK-02"];
    a_clock_that_ticks_by_seconds: broken_clock(Fault::TicksBySeconds) => clock, ["CLOCK-02"];
}
