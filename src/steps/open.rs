//! 新增: an applicant opens a case for the school that the account is bound to.

use crate::case::dates;
use crate::case::event::Event;
use crate::case::ids::CaseReference;
use crate::case::lifecycle;
use crate::case::role::{Actor, Role};
use crate::case::state::State;
use crate::case::validate::{self, Typed};
use crate::store::cases::{self, NewCase};
use crate::store::schools;

use super::office::Entry;
use super::{Office, StepError};

impl Office {
    /// Opens a case and returns its number. The same `token` opens one case, however often it is sent.
    ///
    /// # Errors
    /// [`StepError::Refused`] without role or school, [`StepError::NotFound`] for an unknown service,
    /// [`StepError::Invalid`] with what needs mending.
    pub async fn open_case(
        &self,
        actor: &Actor,
        service: &str,
        typed: &Typed,
        token: &str,
    ) -> Result<String, StepError> {
        match self.open_once(actor, service, typed, token).await {
            // The same page was sent twice at the same moment: the second look finds the case.
            Err(StepError::Store(error)) if error.is_taken() => {
                self.open_once(actor, service, typed, token).await
            }
            outcome => outcome,
        }
    }

    async fn open_once(
        &self,
        actor: &Actor,
        service: &str,
        typed: &Typed,
        token: &str,
    ) -> Result<String, StepError> {
        lifecycle::may_open(actor)?;
        let spec = self.service(service).ok_or(StepError::NotFound)?;
        let (content, errors) = validate::check(&spec.fields, typed);
        if !errors.is_empty() {
            return Err(StepError::Invalid(errors));
        }
        let school = actor.school.clone().unwrap_or_default();
        let now = self.world.now();
        let id = self.world.new_id();
        let mut tx = self.store.write().await?;
        if let Some((number, applicant)) = cases::number_of_token(&mut tx, token).await? {
            return if applicant == actor.id { Ok(number) } else { Err(StepError::NotFound) };
        }
        let school_row = schools::find(&mut tx, &school).await?.ok_or(StepError::NotFound)?;
        let words: Vec<String> = content.values().map(crate::case::fields::Value::display).collect();
        let new = NewCase {
            id: &id,
            reference: CaseReference::from_bytes(self.world.entropy.bytes()),
            token,
            service,
            school: &school,
            applicant: &actor.id,
            content: &content,
            keywords: &format!("{}\n{}\n{}", school_row.name, actor.name, words.join("\n")).to_lowercase(),
            roc_year: dates::roc_year(self.today()),
            now,
        };
        let number = cases::open(&mut tx, &new).await?;
        let entry = Entry {
            event: Event::Open,
            role: Role::Applicant,
            from: None,
            to: State::Draft,
            reason: "",
            evidence: &[],
        };
        self.happened(&mut tx, &id, actor, entry).await?;
        tx.commit().await?;
        tracing::info!(case = %number, service, "case opened");
        Ok(number)
    }

    /// Today where the office stands.
    #[must_use]
    pub fn today(&self) -> jiff::civil::Date {
        self.day_of(self.world.now())
    }

    /// A moment where the office stands, to the second, as documents tell it.
    pub(crate) fn moment(&self, millis: i64) -> String {
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.time_zone.to_datetime(at).strftime("%Y/%m/%d %H:%M:%S").to_string()
    }

    /// The day of a moment (epoch milliseconds) where the office stands.
    #[must_use]
    pub fn day_of(&self, millis: i64) -> jiff::civil::Date {
        let at = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        self.time_zone.to_datetime(at).date()
    }

    /// The moment at which a day begins where the office stands, epoch milliseconds.
    #[must_use]
    pub fn begin_of(&self, day: jiff::civil::Date) -> i64 {
        self.time_zone.to_timestamp(day.at(0, 0, 0, 0)).map_or(i64::MAX, |begin| begin.as_millisecond())
    }
}
