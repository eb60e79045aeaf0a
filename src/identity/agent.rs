//! A browser's family, for people to tell their devices apart. The whole user agent is never kept.

/// Such as `Chrome（Windows）`; 其他瀏覽器 when nothing is recognised.
#[must_use]
pub fn family(user_agent: &str) -> String {
    // The order matters: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari.
    const BROWSERS: [(&str, &str); 8] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Line/", "LINE"),
        ("FxiOS/", "Firefox"),
        ("Firefox/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("CrOS", "ChromeOS"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let named = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    let browser = named(&BROWSERS).unwrap_or("其他瀏覽器");
    named(&SYSTEMS).map_or_else(|| browser.to_owned(), |system| format!("{browser}（{system}）"))
}

#[cfg(test)]
mod tests {
    use super::family;

    #[test]
    fn usual_browsers_are_recognised() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0",
                "Edge（Windows）",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
                "Chrome（Linux）",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1 Version/17.5 Safari/605.1",
                "Safari（macOS）",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 Version/17.5 Mobile Safari/604.1",
                "Safari（iPhone）",
            ),
            ("Mozilla/5.0 (Android 14; Mobile; rv:131.0) Gecko/131.0 Firefox/131.0", "Firefox（Android）"),
            ("curl/8.9", "其他瀏覽器"),
            ("", "其他瀏覽器"),
        ] {
            assert_eq!(family(agent), expected, "{agent}");
        }
    }
}
