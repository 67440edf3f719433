//! The table of all limits: names, settings, and the description of each.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Rate;

/// The place where a limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedIn {
    /// The store: all nodes count together.
    Store,
    /// The process: each node counts for itself, and the store is not asked.
    Process,
}

/// Attempts that a limit is made against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bounded {
    /// Requests that cost something. People who share a key may need more of them than others.
    Load,
    /// Guesses. Each more of them makes a right one more likely.
    Guesses,
}

/// The description of a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declaration {
    /// Party whose attempts are counted together.
    pub key: &'static str,
    /// Place where the attempts are counted.
    pub counted_in: CountedIn,
    /// Attempts that one login makes at most, if all goes well.
    pub needed: u32,
    /// Kind of attempts that it bounds.
    pub bounds: Bounded,
    /// Answer to an attempt over the limit.
    pub refusal: &'static str,
}

/// Declares each limit once. A line has the setting, the name, the default rate, the place, the key, the
/// attempts of one login, the kind of attempts and the refusal; its comment describes the setting.
macro_rules! limits {
    ($(
        $(#[doc = $about:literal])+
        $setting:ident: $name:ident = $burst:literal in $seconds:literal s,
        counted in $place:ident by $key:literal, needed $needed:literal times, bounds $bounds:ident,
        refused by $refusal:literal;
    )+) => {
        /// Names of the limits.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum LimitName {
            $($(#[doc = $about])+ $name,)+
        }

        impl LimitName {
            /// All limits, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Returns the name in settings, keys and metrics.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($setting)),+
                }
            }

            /// Returns the description of the limit.
            pub const fn declaration(self) -> Declaration {
                match self {
                    $(Self::$name => Declaration {
                        key: $key,
                        counted_in: CountedIn::$place,
                        needed: $needed,
                        bounds: Bounded::$bounds,
                        refusal: $refusal,
                    }),+
                }
            }
        }

        /// `[limits]`: rate limits of the form `{ burst = N, per = "1m" }`: N attempts at once, and N more
        /// in each period. A period is at least 1 s and at most a day. The table below the settings
        /// shows where each limit is counted; on a Redis store the nodes count together.
        #[derive(Debug, Clone, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct Limits {
            $($(#[doc = $about])+ pub $setting: Rate,)+
        }

        impl Default for Limits {
            fn default() -> Self {
                Self {
                    $($setting: Rate::new($burst, Duration::from_secs($seconds)),)+
                }
            }
        }

        impl Limits {
            /// Returns the rate of a limit.
            pub const fn rate(&self, name: LimitName) -> Rate {
                match name {
                    $(LimitName::$name => self.$setting),+
                }
            }
        }
    };
}

limits! {
    /// Opens and refreshes from one address (one /64 in IPv6); 120 a minute by default. Many people
    /// may share an address, and a load test opens all of its logins from one.
    open_per_address: OpenPerAddress = 120 in 60 s,
        counted in Store by "address", needed 1 times, bounds Load,
        refused by "429 or message `too_many_requests` to the browser; a socket that opens is closed with 4101";
    /// Opens and refreshes from one /56 of IPv6, the network of one site; 480 a minute by default.
    open_per_network_56: OpenPerNetwork56 = 480 in 60 s,
        counted in Store by "IPv6 /56", needed 1 times, bounds Load,
        refused by "as `open_per_address`";
    /// Opens and refreshes from one /48 of IPv6, the largest network that one subscriber gets; 1,920
    /// a minute by default.
    open_per_network_48: OpenPerNetwork48 = 1920 in 60 s,
        counted in Store by "IPv6 /48", needed 1 times, bounds Load,
        refused by "as `open_per_address`";
    /// New sockets and event streams from one address; 600 a minute by default. After the end of a
    /// node all browsers of an address come back at once.
    socket_per_address: SocketPerAddress = 600 in 60 s,
        counted in Process by "address", needed 1 times, bounds Load,
        refused by "429 to the browser, before an upgrade";
    /// New sockets and event streams from one /56 of IPv6; 2,400 a minute by default.
    socket_per_network_56: SocketPerNetwork56 = 2400 in 60 s,
        counted in Process by "IPv6 /56", needed 1 times, bounds Load,
        refused by "as `socket_per_address`";
    /// New sockets and event streams from one /48 of IPv6; 9,600 a minute by default.
    socket_per_network_48: SocketPerNetwork48 = 9600 in 60 s,
        counted in Process by "IPv6 /48", needed 1 times, bounds Load,
        refused by "as `socket_per_address`";
    /// Messages on one socket; 8, then one in 2 s by default. A browser sends one to open, and one
    /// for each press of a button.
    message_per_socket: MessagePerSocket = 8 in 16 s,
        counted in Process by "socket", needed 2 times, bounds Load,
        refused by "message `too_many_requests`, once; the fifth message over the limit closes the socket with 4101";
    /// Frames of all kinds on one socket, control frames and fragments among them; 240 at once, then 4
    /// a second by default. A browser answers the gateway's pings, and other clients ping every second
    /// at most.
    frame_per_socket: FramePerSocket = 240 in 60 s,
        counted in Process by "socket", needed 4 times, bounds Load,
        refused by "the socket is closed with 4101";
    /// Refreshes of one login by its browser; one in 2 s by default.
    refresh_per_login: RefreshPerLogin = 1 in 2 s,
        counted in Process by "login", needed 1 times, bounds Load,
        refused by "429 or message `too_many_requests` to the browser";
    /// Agreements and cancels of one login by POST; 8, then one in 2 s by default, as messages on a
    /// socket.
    command_per_login: CommandPerLogin = 8 in 16 s,
        counted in Process by "login", needed 1 times, bounds Load,
        refused by "429 to the browser";
    /// Polls of one login; 30 a minute by default. A browser whose polls are held asks every 25 s
    /// and after each change, and one whose polls cannot be held every 2 s.
    poll_per_login: PollPerLogin = 30 in 60 s,
        counted in Store by "receive key", needed 2 times, bounds Load,
        refused by "429 to the browser, with at least 5 s to wait";
    /// Requests with an unknown login or a wrong receive key from one address; 30 a minute by
    /// default. Keys that the gateway has made are not counted.
    unknown_key_per_address: UnknownKeyPerAddress = 30 in 60 s,
        counted in Process by "address", needed 0 times, bounds Guesses,
        refused by "429 to the browser; a socket that resumes is closed with 4101";
    /// Scans by one person; 20 a minute by default.
    scan_per_person: ScanPerPerson = 20 in 60 s,
        counted in Store by "person", needed 1 times, bounds Load,
        refused by "429 to the phone";
    /// Wrong user codes typed by one person; 5 in 15 minutes by default. At 34.5 bits a guess then
    /// succeeds with a probability below 2^-32 (RFC 8628 §5.1). A right code is not counted, and
    /// neither is a text that cannot be a code.
    typed_code_per_person: TypedCodePerPerson = 5 in 900 s,
        counted in Store by "person", needed 1 times, bounds Guesses,
        refused by "429 to the phone";
    /// Unknown and ended codes that one person sends; 10 a minute by default.
    unknown_code_per_person: UnknownCodePerPerson = 10 in 60 s,
        counted in Store by "person", needed 0 times, bounds Guesses,
        refused by "429 to the phone";
    /// Confirms and rejects by one person; 30 a minute by default.
    confirm_per_person: ConfirmPerPerson = 30 in 60 s,
        counted in Store by "person", needed 2 times, bounds Load,
        refused by "429 to the phone";
    /// Lists and ends of sessions by one person; 30 a minute by default.
    session_request_per_person: SessionRequestPerPerson = 30 in 60 s,
        counted in Store by "person", needed 0 times, bounds Load,
        refused by "429 to the phone";
    /// Refused access tokens of an app from one address; 30 a minute by default. The app's backend
    /// is not asked about the tokens above it.
    refused_token_per_address: RefusedTokenPerAddress = 30 in 60 s,
        counted in Store by "address of the phone", needed 0 times, bounds Guesses,
        refused by "429 to the phone";
    /// Redemptions and refreshes by one client, and authentication requests that it pushes; 6,000 a
    /// minute by default. They are all of a portal's.
    token_per_client: TokenPerClient = 6000 in 60 s,
        counted in Store by "client", needed 1 times, bounds Load,
        refused by "429 to the portal";
    /// Requests by a client without a secret that show one login's authorization code with one
    /// verifier; requests that show one access token, one session's cookie, a hint to end it, or one
    /// pushed request's reference; 30 a minute of each by default. Verifiers that the node knows to be
    /// wrong are refused and not counted.
    token_per_login: TokenPerLogin = 30 in 60 s,
        counted in Process by "login", needed 2 times, bounds Load,
        refused by "429 to the portal";
    /// Device authorizations of one client that proves itself by a secret or a key; 600 a minute by
    /// default. Those of clients that cannot prove themselves are counted by address only, because
    /// any stranger may name them.
    device_per_client: DevicePerClient = 600 in 60 s,
        counted in Store by "client", needed 1 times, bounds Load,
        refused by "429 to the device";
    /// Polls of one device; 30 a minute by default. A device that keeps its interval polls 12 times.
    device_poll_per_login: DevicePollPerLogin = 30 in 60 s,
        counted in Process by "login", needed 2 times, bounds Load,
        refused by "`slow_down` to the device; the store is not asked";
    /// Wrong secrets of one client from one address; 10 in 10 minutes by default. A /56 of IPv6 has
    /// four times as many, a /48 sixteen times. An address that has proved the secret in the last day
    /// has sixty times as many, for itself alone.
    failed_client_proof: FailedClientProof = 10 in 600 s,
        counted in Process by "client and address", needed 0 times, bounds Guesses,
        refused by "429 to the portal";
    /// Codes, tokens and references of pushed requests from one address that the gateway has not made;
    /// 30 a minute by default. Those that it has made are not counted. A /56 of IPv6 has four times as
    /// many, a /48 sixteen times.
    unknown_token_per_address: UnknownTokenPerAddress = 30 in 60 s,
        counted in Process by "address", needed 0 times, bounds Guesses,
        refused by "429 to the portal, for unknown codes and tokens alone";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Meter, Verdict};

    #[test]
    fn a_message_budget_is_eight_and_then_one_in_two_seconds() {
        let rate = Limits::default().rate(LimitName::MessagePerSocket);
        assert_eq!(
            (rate.burst.get(), rate.interval()),
            (8, Duration::from_secs(2))
        );
    }

    /// Row A1: a client that pings each second, and answers a gateway that pings each second, has frames left.
    #[test]
    fn keepalives_of_a_second_never_use_up_a_sockets_frames() {
        let rate = Limits::default().rate(LimitName::FramePerSocket);
        let mut meter = Meter::default();
        for second in 0..3600_u64 {
            let taken = [(); 3].map(|()| meter.take(second * 1_000_000, rate));
            assert_eq!(taken, [Verdict::Allowed; 3], "after {second} s");
        }
        let more = std::iter::repeat_with(|| meter.take(3_600_000_000, rate));
        let more = more.take_while(|verdict| *verdict == Verdict::Allowed);
        assert_eq!(more.count(), 240);
    }

    #[test]
    fn larger_networks_have_larger_allowances() {
        let burst = |name| Limits::default().rate(name).burst;
        for names in [
            [
                LimitName::OpenPerAddress,
                LimitName::OpenPerNetwork56,
                LimitName::OpenPerNetwork48,
            ],
            [
                LimitName::SocketPerAddress,
                LimitName::SocketPerNetwork56,
                LimitName::SocketPerNetwork48,
            ],
        ] {
            assert!(names.map(burst).is_sorted(), "{names:?}");
        }
    }
}
