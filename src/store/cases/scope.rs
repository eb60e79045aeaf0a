//! Whose cases someone may see, as a condition of every query.

/// Whose cases someone may see: the query itself holds it, so that a foreign case is not found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Cases that this account applied for.
    pub own: Option<String>,
    /// Cases that this account serves.
    pub assigned: Option<String>,
    /// Cases of this zone, from the first 送件 on: also of those that ended, only what was submitted once.
    pub zone: Option<String>,
    /// Every case.
    pub all: bool,
    /// Every case from its first 送件 on, and every one that ended before it: what somebody still prepares is their own.
    pub archived: bool,
}

impl Scope {
    /// The condition in SQL, with `$1` the own, `$2` the assigned account and `$3` the zone.
    pub(in crate::store) fn sql(&self) -> String {
        if self.all {
            // The parameters are named so that both databases know their types.
            return "($1 = $1 AND $2 = $2 AND $3 = $3)".into();
        }
        let mut parts = vec!["(c.applicant_id = $1 AND $2 = $2 AND $3 = $3)"];
        if self.assigned.is_some() {
            parts.push("EXISTS (SELECT 1 FROM assignments a WHERE a.case_id = c.id AND a.person_id = $2 AND a.until IS NULL)");
        }
        if self.zone.is_some() {
            parts.push(
                "(s.zone_id = $3 AND c.state NOT IN ('draft', 'sealing') \
                 AND (c.state <> 'withdrawn' OR c.submitted_at IS NOT NULL))",
            );
        }
        if self.archived {
            parts.push("c.state NOT IN ('draft', 'sealing')");
        }
        format!("({})", parts.join(" OR "))
    }

    /// The three parameters of [`Self::sql`].
    pub(in crate::store) fn parameters(&self) -> [&str; 3] {
        [&self.own, &self.assigned, &self.zone].map(|part| part.as_deref().unwrap_or(""))
    }
}
