//! The rate limits' arithmetic in Lua and in Rust, on the same random attempts.

use std::cell::RefCell;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use redis::Script;
use saoma_fuzz::random_cases;
use saoma_gateway::limits::{Meter, Rate, Verdict};

use crate::support::RedisServer;

/// Runs the script that counts attempts once for each instant of a sequence, which the server's clock has to show.
/// Returns the microseconds that each attempt has to wait. All of it is one instant for the server, so that no key ends.
const AT_INSTANTS: &str = concat!(
    "local server, shown = redis, 0
    local redis = { call = function(name, ...)
      if name == 'TIME' then
        return { string.format('%d', math.floor(shown / 1000000)), string.format('%d', shown % 1000000) }
      end
      return server.call(name, ...)
    end }
    local function attempt(KEYS, ARGV)\n",
    include_str!("../../src/store/redis/scripts/clock.lua"),
    include_str!("../../src/store/redis/scripts/attempts.lua"),
    include_str!("../../src/store/redis/scripts/take.lua"),
    "end
    redis.call('DEL', KEYS[1])
    local waits = {}
    for number = 3, #ARGV do
      shown = tonumber(ARGV[number])
      local answer = attempt(KEYS, { ARGV[1], ARGV[2] })
      waits[#waits + 1] = tonumber(answer[3] or 0)
    end
    return waits"
);

/// A clock of today.
const START: u64 = 1_790_000_000_000_000;

fn rates() -> impl Strategy<Value = Rate> {
    let periods = (1_000_000..86_400_000_000_u64).prop_map(Duration::from_micros);
    (1..40_u32, periods).prop_map(|(burst, per)| Rate::new(burst, per))
}

/// Times between attempts, in thousandths of the rate's interval.
fn gaps() -> impl Strategy<Value = Vec<u64>> {
    let gap = prop_oneof![4 => Just(0), 4 => 0..2000_u64, 1 => 0..60_000_u64];
    proptest::collection::vec(gap, 1..100)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap()
}

/// Returns the instants of the attempts, and the wait of each by a meter. A refused attempt is made again at the last
/// microsecond that is too early, and at the one that is not.
fn by_meter(rate: Rate, gaps: &[u64]) -> Vec<(u64, u64)> {
    let (mut meter, mut now, mut attempts) = (Meter::default(), START, Vec::new());
    let mut take = |now| {
        // The clock of meters begins with the process.
        let wait = match meter.take(now - START, rate) {
            Verdict::Allowed => 0,
            Verdict::Limited { retry_after } => micros(retry_after),
        };
        attempts.push((now, wait));
        wait
    };
    for (number, gap) in gaps.iter().enumerate() {
        now += gap * micros(rate.interval()) / 1000;
        let wait = take(now);
        if wait > 0 && number % 2 == 0 {
            now += wait;
            take(now - 1);
            take(now);
        }
    }
    attempts
}

#[test]
fn the_script_and_the_meter_agree_on_random_attempts() {
    let redis = RedisServer::start();
    let script = Script::new(AT_INSTANTS);
    let connection = redis::Client::open(redis.url()).unwrap().get_connection();
    let connection = RefCell::new(connection.unwrap());
    let cases = random_cases(256, file!());
    let result = TestRunner::new(cases).run(&(rates(), gaps()), |(rate, gaps)| {
        let (instants, by_meter): (Vec<_>, Vec<_>) = by_meter(rate, &gaps).into_iter().unzip();
        let by_script: Vec<u64> = script
            .key("limit")
            .arg(micros(rate.interval()))
            .arg(rate.burst.get())
            .arg(instants)
            .invoke(&mut *connection.borrow_mut())
            .unwrap();
        prop_assert_eq!(by_script, by_meter);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(redis.keys_without_end(), Vec::<String>::new());
}
