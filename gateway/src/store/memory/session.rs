//! A session at the provider, in memory.

use std::collections::HashMap;

use saoma_protocol::{Digest, LoginId, RequesterContext, Timestamp};

use crate::store::{
    EndReason, Ended, Family, FamilyId, Grant, KEEP_ENDED, KEEP_ENDED_SESSION, MAX_FAMILIES,
    Redemption, Refresh, Refreshed, RevokedToken, SessionClient, SessionEnd, SessionRecord,
    SessionTerms,
};

/// A session with its clients and tokens.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) grant: Grant,
    requester: RequesterContext,
    began_at: Timestamp,
    used_at: Timestamp,
    pub(super) expires_at: Timestamp,
    pub(super) cookie: Option<Digest>,
    ended: Option<SessionEnd>,
    clients: HashMap<String, Client>,
    tokens: HashMap<Digest, Token>,
    families: HashMap<FamilyId, TokenFamily>,
}

#[derive(Debug)]
struct Client {
    grant: Grant,
    logins: u32,
    untold: Option<u32>,
}

/// An access token.
#[derive(Debug)]
struct Token {
    until: Timestamp,
    client_id: String,
    family: Option<FamilyId>,
    scope: String,
}

/// A family of refresh tokens.
#[derive(Debug)]
struct TokenFamily {
    client_id: String,
    scope: String,
    current: Digest,
    /// The token before it, and the time of its use.
    previous: Option<(Digest, Timestamp)>,
    idle_until: Timestamp,
    absolute_until: Timestamp,
}

impl TokenFamily {
    fn until(&self) -> Timestamp {
        self.idle_until.min(self.absolute_until)
    }
}

impl Session {
    pub(super) fn begun(grant: Grant, requester: RequesterContext, now: Timestamp) -> Self {
        Self {
            grant,
            requester,
            began_at: now,
            used_at: now,
            expires_at: now,
            cookie: None,
            ended: None,
            clients: HashMap::new(),
            tokens: HashMap::new(),
            families: HashMap::new(),
        }
    }

    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at
    }

    /// Returns true once nothing asks for the session any more.
    pub(super) fn is_gone(&self, now: Timestamp) -> bool {
        let until = self.ended.map_or_else(
            || self.expires_at.plus(KEEP_ENDED),
            |end| end.at.plus(KEEP_ENDED_SESSION),
        );
        until <= now
    }

    /// Makes the session last until a time at least, and notes its use.
    pub(super) fn prolong(&mut self, now: Timestamp, until: Timestamp) {
        self.used_at = now;
        self.expires_at = self.expires_at.max(until);
    }

    /// Puts the client of a redeemed code into the session.
    pub(super) fn join(
        &mut self,
        redemption: &Redemption<'_>,
        terms: &SessionTerms,
        grant: &Grant,
        now: Timestamp,
    ) {
        self.tokens.retain(|_, token| now < token.until);
        self.families.retain(|_, family| now < family.until());
        let client_id = &grant.client_id;
        let client = self.clients.entry(client_id.clone());
        let client = client.or_insert_with(|| Client {
            grant: grant.clone(),
            logins: 0,
            untold: None,
        });
        client.grant = grant.clone();
        client.logins += 1;
        if terms.is_told {
            client.untold = Some(0);
        }
        let mut until = now.plus(terms.lifetime.unwrap_or_default());
        let new = terms.begin_family(&grant.scope);
        if let Some(new) = new {
            let family = TokenFamily {
                client_id: client_id.clone(),
                scope: grant.scope.clone(),
                current: new.token,
                previous: None,
                idle_until: now.plus(new.idle.min(new.absolute)),
                absolute_until: now.plus(new.absolute),
            };
            self.limit_families(client_id, MAX_FAMILIES - 1);
            until = until.max(family.idle_until);
            self.families.insert(new.family, family);
        }
        let token = Token {
            until: now.plus(redemption.lifetime),
            client_id: client_id.clone(),
            family: new.map(|new| new.family),
            scope: grant.scope.clone(),
        };
        until = until.max(token.until);
        self.tokens.insert(redemption.access_token, token);
        self.prolong(now, until);
    }

    /// Removes the oldest families of a client's refresh tokens, until no more are left than these.
    fn limit_families(&mut self, client_id: &str, most: usize) {
        let own = self.families.iter();
        let own = own.filter(|(_, family)| family.client_id == client_id);
        let mut own: Vec<_> = own
            .map(|(id, family)| (family.absolute_until, *id))
            .collect();
        own.sort_unstable();
        for (_, id) in own.iter().take(own.len().saturating_sub(most)) {
            self.families.remove(id);
        }
    }

    /// Takes back what [`Session::join`] has done for an access token. Returns true if nothing is left of the session.
    pub(super) fn leave(&mut self, access_token: Digest) -> bool {
        let Some(token) = self.tokens.remove(&access_token) else {
            return false;
        };
        if let Some(family) = token.family {
            self.families.remove(&family);
        }
        if let Some(client) = self.clients.get_mut(&token.client_id) {
            client.logins = client.logins.saturating_sub(1);
            if client.logins == 0 {
                self.clients.remove(&token.client_id);
            }
        }
        self.clients.is_empty() && self.cookie.is_none()
    }

    /// Exchanges a refresh token for its successor and an access token. The caller ends the session of a used one.
    pub(super) fn refresh(&mut self, refresh: &Refresh<'_>, now: Timestamp) -> Refreshed {
        if !self.is_alive(now) {
            return Refreshed::Invalid;
        }
        let family = self.families.get_mut(&refresh.family);
        let family =
            family.filter(|family| family.client_id == refresh.client_id && now < family.until());
        let (Some(family), Some(client)) = (family, self.clients.get(refresh.client_id)) else {
            return Refreshed::Invalid;
        };
        let is_repeat = family.previous.is_some_and(|(token, used_at)| {
            token == refresh.token && now < used_at.plus(refresh.grace)
        });
        if family.current != refresh.token && !is_repeat {
            return Refreshed::Reused;
        }
        let granted = |word: &str| family.scope.split(' ').any(|scope| scope == word);
        let scope = refresh.scope.unwrap_or(&family.scope).to_owned();
        if !scope.split_whitespace().all(granted) {
            return Refreshed::ScopeExceeded;
        }
        if !is_repeat {
            family.previous = Some((refresh.token, now));
        }
        family.current = refresh.successor;
        family.idle_until = now.plus(refresh.idle).min(family.absolute_until);
        let token = Token {
            until: now.plus(refresh.lifetime),
            client_id: refresh.client_id.to_owned(),
            family: Some(refresh.family),
            scope: scope.clone(),
        };
        let until = family.idle_until.max(token.until);
        let grant = Grant {
            scope,
            ..client.grant.clone()
        };
        self.tokens.retain(|_, token| now < token.until);
        self.tokens.insert(refresh.access_token, token);
        self.prolong(now, until);
        Refreshed::Granted(Box::new(grant))
    }

    /// Ends a token of a client. Returns false if it is not the client's.
    pub(super) fn revoke(&mut self, client_id: &str, revoked: RevokedToken) -> bool {
        match revoked {
            RevokedToken::Access(digest) => {
                let token = self.tokens.get(&digest);
                let is_own = token.is_some_and(|token| token.client_id == client_id);
                is_own && self.tokens.remove(&digest).is_some()
            }
            RevokedToken::Family(id) => {
                let family = self.families.get(&id);
                let is_own = family.is_some_and(|family| family.client_id == client_id);
                if is_own {
                    self.families.remove(&id);
                    self.tokens.retain(|_, token| token.family != Some(id));
                }
                is_own
            }
        }
    }

    /// Returns the grant behind an access token while the token is good.
    pub(super) fn access(&self, access_token: Digest, now: Timestamp) -> Option<Grant> {
        let token = self.tokens.get(&access_token)?;
        if self.ended.is_some() || now >= token.until {
            return None;
        }
        let client = self.clients.get(&token.client_id)?;
        Some(Grant {
            scope: token.scope.clone(),
            ..client.grant.clone()
        })
    }

    pub(super) fn end(&mut self, reason: EndReason, now: Timestamp) -> Ended {
        if self.ended.is_some() {
            return Ended::Before;
        }
        if !self.is_alive(now) {
            return Ended::Unknown;
        }
        self.tokens.clear();
        self.families.clear();
        self.ended = Some(SessionEnd { at: now, reason });
        Ended::Now
    }

    /// Returns true if a client is still to be told of the end.
    pub(super) fn has_untold_clients(&self) -> bool {
        self.clients.values().any(|client| client.untold.is_some())
    }

    pub(super) fn settle(&mut self, settled: &[&str]) {
        for (id, client) in &mut self.clients {
            client.untold = match client.untold {
                Some(tries) if !settled.contains(&id.as_str()) => Some(tries + 1),
                _ => None,
            };
        }
    }

    pub(super) fn record(&self, id: LoginId, now: Timestamp) -> SessionRecord {
        let families = self.families.iter();
        let families = families.filter(|(_, family)| now < family.until());
        let mut families: Vec<_> = families
            .map(|(id, family)| Family {
                id: *id,
                client_id: family.client_id.clone(),
                scope: family.scope.clone(),
                idle_until: family.idle_until,
                absolute_until: family.absolute_until,
            })
            .collect();
        families.sort_by_key(|family| family.id);
        let mut clients: Vec<_> = self
            .clients
            .values()
            .map(|client| SessionClient {
                grant: client.grant.clone(),
                untold: client.untold,
            })
            .collect();
        clients.sort_by(|a, b| a.grant.client_id.cmp(&b.grant.client_id));
        SessionRecord {
            id,
            grant: self.grant.clone(),
            requester: self.requester.clone(),
            began_at: self.began_at,
            used_at: self.used_at,
            expires_at: self.expires_at,
            cookie: self.cookie,
            clients,
            families,
            ended: self.ended,
            now,
        }
    }
}
