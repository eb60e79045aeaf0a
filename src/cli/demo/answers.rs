//! Good answers of somebody made up, as forms send them: what the demonstration, the tests and the measurements type.

/// To the content tab; on a form of one page.
pub const CONTENT: [(&str, &str); 5] = [
    ("phone", "07-1234567"),
    ("phone_alt", "0912345678"),
    ("problem", "經常請假，導師觀察到情緒低落。"),
    ("needs", "心理師"),
    ("expectation", "希望協助學生穩定就學。"),
];

/// About the subject.
pub const SUBJECT: [(&str, &str); 17] = [
    ("id_kind", "身分證"),
    ("id_number", "A123456789"),
    ("name", "王小明"),
    ("sex", "男"),
    ("birth", "104/8/7"),
    ("special_education", "否"),
    ("background", "一般生"),
    ("grade", "4"),
    ("class", "2"),
    ("parent", "王家長"),
    ("relation", "母子"),
    ("mobile", "0912345678"),
    ("address", "高雄市三民區示範路 1 號"),
    ("counsellor", "王輔導"),
    ("counsellor_phone", "07-1234567"),
    ("tutor", "陳導師"),
    ("tutor_phone", "07-1234567"),
];
