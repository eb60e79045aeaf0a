//! What letters about an account say: a link or one sentence, and nothing about the person.

use super::{Letter, Letterhead};

/// What a letter about an account is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand<'a> {
    /// Somebody registered with this address: the path of the link that confirms it.
    Confirm(&'a str),
    /// Somebody registered with the address of an account.
    AlreadyThere,
    /// Somebody registered with the address of a registration that waits already.
    AlreadyWaiting,
    /// The account was activated.
    Activated,
    /// The registration was refused: why, in a sentence of the program's own, and the path where its owner goes on.
    /// Nothing that was typed can be told.
    Refused(&'static str, &'static str),
    /// The path of the link that sets a new password.
    Password(&'a str),
    /// The password was changed.
    PasswordChanged,
    /// Somebody else came in with what the browser of a remembered device kept.
    DeviceStolen,
    /// The path of the link by which the new address agrees.
    NewAddress(&'a str),
    /// Somebody wanted to move an account to an address that another account has.
    NewAddressTaken,
    /// The path of the link by which the old address agrees, or not.
    OldAddress(&'a str),
    /// The account has moved to another address.
    AddressChanged,
    /// Failures have locked the account for a while.
    Locked,
    /// A second factor was enrolled.
    FactorEnrolled,
    /// The second factor was taken off.
    FactorRemoved,
    /// A recovery code stood in for the second factor.
    RecoveryUsed,
    /// There are new recovery codes.
    RecoveryRenewed,
}

impl Errand<'_> {
    fn subject(self) -> &'static str {
        match self {
            Self::Confirm(_) => "請確認您的註冊信箱",
            Self::AlreadyThere | Self::AlreadyWaiting => "有人以您的信箱註冊帳號",
            Self::Activated => "您的帳號已啟用",
            Self::Refused(..) => "您的帳號未獲啟用",
            Self::Password(_) => "設定新密碼",
            Self::PasswordChanged => "您的密碼已變更",
            Self::DeviceStolen => "您記住的裝置疑似遭盜用",
            Self::NewAddress(_) | Self::OldAddress(_) | Self::NewAddressTaken => "變更信箱",
            Self::AddressChanged => "您的信箱已變更",
            Self::Locked => "您的帳號暫停登入 15 分鐘",
            Self::FactorEnrolled => "您的帳號已啟用兩步驟驗證",
            Self::FactorRemoved => "您的帳號已停用兩步驟驗證",
            Self::RecoveryUsed => "有人使用了您的備用碼",
            Self::RecoveryRenewed => "您的備用碼已更新",
        }
    }

    /// The sentences, and the path of the link that stands among them.
    fn words(&self) -> (String, Option<String>, &'static str) {
        const UNASKED: &str = "如果不是您本人申請，請不要開啟連結；沒有任何資料會被更動。";
        const NOT_YOU: &str = "如果不是您本人操作，請立即來電告知我們，並以「忘記密碼」設定新密碼。";
        let said = |words: &str, link: Option<&str>, end| (words.to_owned(), link.map(str::to_owned), end);
        match self {
            Self::Confirm(link) => said(
                "有人以這個信箱註冊帳號。請在 24 小時內開啟下列連結，輸入註冊時設定的密碼，完成信箱確認；\
                 之後由個管組審核，啟用後會再寄信通知您。",
                Some(link),
                UNASKED,
            ),
            Self::AlreadyThere => said(
                "有人以這個信箱註冊帳號，但這個信箱已經有帳號了，所以沒有建立新的帳號。\
                 如果是您本人，請直接登入；忘記密碼時，請由下列頁面設定新密碼。",
                Some("/forgotten"),
                "如果不是您本人，請不必理會這封信。",
            ),
            Self::AlreadyWaiting => said(
                "有人以這個信箱再次註冊帳號。您先前的註冊已在等待個管組審核，不需要再註冊一次；啟用後會寄信通知您。",
                None,
                "如果不是您本人，請不必理會這封信。",
            ),
            Self::Activated => {
                said("您的帳號已經啟用。請以註冊時的信箱作為帳號，輸入您設定的密碼登入。", Some("/login"), "")
            }
            Self::Refused(why, place) => (
                format!("個管組審核後，沒有啟用您註冊的帳號。{why}"),
                Some((*place).to_owned()),
                "如有疑問，請來電洽詢。",
            ),
            Self::Password(link) => said(
                "有人申請為您的帳號設定新密碼。請在 15 分鐘內開啟下列連結；連結只能使用一次。",
                Some(link),
                "如果不是您本人申請，請不必理會這封信，您的密碼不會變更。",
            ),
            Self::PasswordChanged => said(
                "您帳號的密碼剛才已變更，所有裝置都已登出，請以新密碼重新登入。",
                Some("/login"),
                NOT_YOU,
            ),
            Self::DeviceStolen => said(
                "有人以您「記住我」的裝置資料登入了兩次，可能已遭複製。我們已停用這個裝置並登出。\
                 請重新登入並變更密碼，再到「登入中的裝置」看看有沒有不認得的裝置。",
                Some("/account/sessions"),
                "如果不是您本人操作，請立即來電告知我們。",
            ),
            Self::NewAddress(link) => said(
                "有人要把帳號的信箱改為這個信箱。請在 24 小時內開啟下列連結確認；原信箱也確認之後，變更才會生效。",
                Some(link),
                UNASKED,
            ),
            Self::NewAddressTaken => said(
                "有人要把另一個帳號的信箱改為您的信箱，但您的信箱已經有帳號了，所以沒有變更。",
                None,
                "如果不是您本人，請不必理會這封信。",
            ),
            Self::OldAddress(link) => said(
                "有人要把您帳號的信箱改為另一個信箱。請在 24 小時內開啟下列連結，確認或拒絕；\
                 兩個信箱都確認之後，變更才會生效。",
                Some(link),
                "如果不是您本人申請，請開啟連結按「不同意」，並立即變更密碼。",
            ),
            Self::AddressChanged => said("您帳號的信箱已變更，之後的信會寄到新的信箱。", None, NOT_YOU),
            Self::Locked => said(
                "有人連續輸入錯誤的密碼或驗證碼，系統已暫停在該處登入 15 分鐘；您登入過的裝置不受影響。\
                 登入後可以在下列頁面查看最近的登入與變更。這樣的通知一天最多寄一次。",
                Some("/account/sessions"),
                "如果不是您本人操作，請登入後變更密碼。",
            ),
            Self::FactorEnrolled => said(
                "您的帳號剛才啟用了兩步驟驗證，之後登入要輸入驗證器上的驗證碼。",
                Some("/account/sessions"),
                NOT_YOU,
            ),
            Self::FactorRemoved => said(
                "您的帳號剛才停用了兩步驟驗證，之後只以密碼登入，或在下次登入時重新設定。",
                Some("/account/second-factor"),
                NOT_YOU,
            ),
            Self::RecoveryUsed => said(
                "有人以一組備用碼代替驗證碼，通過了您帳號的兩步驟驗證。這組備用碼不能再用。",
                Some("/account/sessions"),
                NOT_YOU,
            ),
            Self::RecoveryRenewed => said(
                "您的帳號剛才產生了新的備用碼，先前的備用碼都不能再用。",
                Some("/account/sessions"),
                NOT_YOU,
            ),
        }
    }
}

impl Letter {
    /// The letter about an account.
    #[must_use]
    pub fn about(head: &Letterhead, errand: Errand<'_>) -> Self {
        let (words, link, end) = errand.words();
        let mut body = format!("您好：\n\n{words}\n\n");
        if let Some(link) = link {
            body.push_str(&format!("{}{link}\n\n", head.public_url));
        }
        if !end.is_empty() {
            body.push_str(&format!("{end}\n\n"));
        }
        body.push_str(&format!("{}\n此信由系統自動寄出，請勿直接回覆。\n", head.organisation));
        Self { subject: format!("【{}】{}", head.organisation, errand.subject()), body }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(errand: Errand<'_>) -> Letter {
        let head = Letterhead {
            organisation: "測試中心".into(),
            public_url: "https://forms.example.org".into(),
            time_zone: jiff::tz::TimeZone::UTC,
        };
        Letter::about(&head, errand)
    }

    #[test]
    fn a_link_stands_on_a_line_of_its_own() {
        let letter = letter(Errand::Password("/forgotten/s3cret"));
        assert_eq!(letter.subject, "【測試中心】設定新密碼");
        insta::assert_snapshot!(letter.body, @r"
        您好：

        有人申請為您的帳號設定新密碼。請在 15 分鐘內開啟下列連結；連結只能使用一次。

        https://forms.example.org/forgotten/s3cret

        如果不是您本人申請，請不必理會這封信，您的密碼不會變更。

        測試中心
        此信由系統自動寄出，請勿直接回覆。
        ");
    }

    #[test]
    fn every_errand_has_a_subject_and_words() {
        let errands = [
            Errand::Confirm("/register/s"),
            Errand::AlreadyThere,
            Errand::AlreadyWaiting,
            Errand::Activated,
            Errand::Refused("您註冊的單位不在本中心的服務範圍。", "/login"),
            Errand::Password("/forgotten/s"),
            Errand::PasswordChanged,
            Errand::DeviceStolen,
            Errand::NewAddress("/address/s"),
            Errand::NewAddressTaken,
            Errand::OldAddress("/address/s"),
            Errand::AddressChanged,
            Errand::Locked,
            Errand::FactorEnrolled,
            Errand::FactorRemoved,
            Errand::RecoveryUsed,
            Errand::RecoveryRenewed,
        ];
        for errand in errands {
            let letter = letter(errand);
            assert!(letter.subject.chars().count() > "【測試中心】".chars().count(), "{errand:?}");
            assert!(!letter.body.contains("  ") && letter.body.contains('。'), "{errand:?}: {}", letter.body);
        }
        let refused = letter(Errand::Refused("註冊的資料不足或有誤，請重新註冊。", "/register")).body;
        assert!(
            refused
                .contains("帳號。註冊的資料不足或有誤，請重新註冊。\n\nhttps://forms.example.org/register\n")
        );
    }
}
