//! Made-up names and sentences, put together by chance. Nobody is called so on purpose.

use super::dice::Dice;

const FAMILIES: [&str; 40] = [
    "陳", "林", "黃", "張", "李", "王", "吳", "劉", "蔡", "楊", "許", "鄭", "謝", "郭", "洪", "曾", "邱",
    "廖", "賴", "周", "徐", "蘇", "葉", "莊", "呂", "江", "何", "蕭", "羅", "高", "潘", "簡", "朱", "鍾",
    "游", "詹", "胡", "施", "歐陽", "司馬",
];
const GIVEN: [&str; 60] = [
    "小", "明", "家", "豪", "怡", "君", "雅", "婷", "志", "偉", "淑", "芬", "俊", "宏", "美", "玲", "建",
    "國", "佳", "慧", "承", "恩", "宥", "翔", "品", "妍", "子", "涵", "宇", "軒", "詩", "雨", "晨", "昕",
    "柏", "睿", "芷", "若", "允", "樂", "思", "齊", "安", "祐", "靖", "凱", "文", "彥", "心", "瑜", "庭",
    "筠", "定", "邦", "曉", "嵐", "喆", "堃", "珮", "瑄",
];
const FIRST: [&str; 20] = [
    "近一個月",
    "開學以來",
    "段考後",
    "轉學之後",
    "這學期",
    "從上週起",
    "寒假過後",
    "家中變故後",
    "與同學爭執後",
    "升上新年級後",
    "長期以來",
    "最近兩週",
    "換導師之後",
    "弟弟出生後",
    "父母分居後",
    "搬家之後",
    "生病返校後",
    "參加校隊後",
    "暑假期間",
    "校外教學後",
];
const SIGNS: [&str; 24] = [
    "經常請假",
    "情緒低落",
    "與同學互動減少",
    "上課無法專注",
    "拒絕進教室",
    "對老師口出惡言",
    "夜間失眠",
    "食慾不振",
    "成績明顯退步",
    "在班上哭泣",
    "有自我傷害的念頭",
    "沉迷網路遊戲",
    "作業缺交",
    "與家人衝突頻繁",
    "常抱怨身體不適",
    "獨自在操場徘徊",
    "不願與人說話",
    "對活動失去興趣",
    "容易被激怒",
    "遭同儕排擠",
    "出現攻擊行為",
    "遲到早退",
    "害怕上台",
    "過度擔心考試",
];
const DONE: [&str; 14] = [
    "導師已多次晤談",
    "輔導老師每週會談一次",
    "已聯繫家長到校討論",
    "已轉介認輔老師",
    "已召開個案會議",
    "家長希望有專業人員協助",
    "學校已調整座位",
    "已安排小團體活動",
    "社工曾到家中訪視",
    "已建議就醫評估",
    "同儕支持有限",
    "家長配合意願高",
    "家長工作忙碌",
    "校內資源已用盡",
];
const HOPES: [&str; 12] = [
    "希望協助學生穩定就學",
    "提供家長教養諮詢",
    "評估情緒狀態",
    "協助改善人際互動",
    "提供個別心理諮商",
    "連結社會福利資源",
    "協助親師溝通",
    "建立安全計畫",
    "減少衝突行為",
    "協助生涯探索",
    "陪伴走過失落",
    "提升自我價值",
];

/// A person's name.
pub fn name(dice: &mut Dice) -> String {
    let (family, first) = (dice.one(&FAMILIES), dice.one(&GIVEN));
    let second = if dice.happens(88) { dice.one(&GIVEN) } else { "" };
    format!("{family}{first}{second}")
}

/// What troubles a child, in one to three sentences.
pub fn problem(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..dice.between(1, 3) {
        text.push_str(&format!(
            "{}{}，{}；{}。",
            dice.one(&FIRST),
            dice.one(&SIGNS),
            dice.one(&SIGNS),
            dice.one(&DONE)
        ));
    }
    text
}

/// What is hoped for.
pub fn hope(dice: &mut Dice) -> String {
    format!("{}，並{}。", dice.one(&HOPES), dice.one(&HOPES))
}

/// A phone number with the area code of the south.
pub fn phone(dice: &mut Dice) -> String {
    format!("07-{:07}", dice.between(2_000_000, 8_999_999))
}

/// A mobile phone's number.
pub fn mobile(dice: &mut Dice) -> String {
    format!("09{:08}", dice.below(100_000_000))
}

/// A national number whose checksum fits.
pub fn national_number(dice: &mut Dice) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVXYWZIO";
    let letter = dice.index(LETTERS.len());
    let value = letter as u64 + 10;
    let sex = dice.below(2) + 1;
    let mut sum = value / 10 + (value % 10) * 9 + sex * 8;
    let mut number = format!("{}{sex}", char::from(LETTERS[letter]));
    for weight in (1..=7).rev() {
        let digit = dice.below(10);
        sum += digit * weight;
        number.push_str(&digit.to_string());
    }
    number.push_str(&((10 - sum % 10) % 10).to_string());
    number
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::national_id::{Checked, check_national};

    #[test]
    fn numbers_have_a_fitting_checksum() {
        let mut dice = Dice::new(1);
        for _ in 0..500 {
            let number = national_number(&mut dice);
            assert!(matches!(check_national(&number), Checked::Valid), "{number}");
        }
    }

    #[test]
    fn the_same_seed_says_the_same() {
        let told = |seed| {
            let mut dice = Dice::new(seed);
            (name(&mut dice), problem(&mut dice), phone(&mut dice))
        };
        assert_eq!(told(7), told(7));
        assert_ne!(told(7), told(8));
    }
}
