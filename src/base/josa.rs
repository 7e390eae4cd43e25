//! Korean particles: which of 은/는, 이/가, 을/를, 과/와 and 으로/로 follows a word depends on whether it ends in a
//! consonant when it is read aloud. Names in a cluster are often Latin letters and digits, so those are judged by how
//! Koreans read them: `orders-0` ends in 영, `ISR` in 알, `topic` in 픽.

/// A pair of particles.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Josa {
    /// 은/는
    Topic,
    /// 이/가
    Subject,
    /// 을/를
    Object,
    /// 과/와
    With,
    /// 으로/로
    Toward,
}

/// How a word ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ending {
    Vowel,
    Rieul,
    Consonant,
}

/// `word` with the right particle of the pair.
#[must_use]
pub fn josa(word: &str, pair: Josa) -> String {
    format!("{word}{}", particle(word, pair))
}

/// The right particle of the pair after `word`.
#[must_use]
pub fn particle(word: &str, pair: Josa) -> &'static str {
    let ending = ending(word);
    let closed = ending != Ending::Vowel;
    match (pair, closed) {
        (Josa::Topic, true) => "은",
        (Josa::Topic, false) => "는",
        (Josa::Subject, true) => "이",
        (Josa::Subject, false) => "가",
        (Josa::Object, true) => "을",
        (Josa::Object, false) => "를",
        (Josa::With, true) => "과",
        (Josa::With, false) => "와",
        (Josa::Toward, _) if ending == Ending::Consonant => "으로",
        (Josa::Toward, _) => "로",
    }
}

fn ending(word: &str) -> Ending {
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphanumeric()).collect();
    match letters.last() {
        Some(c @ '가'..='힣') => match (*c as u32 - '가' as u32) % 28 {
            0 => Ending::Vowel,
            8 => Ending::Rieul,
            _ => Ending::Consonant,
        },
        Some('0' | '3' | '6') => Ending::Consonant,
        Some('1' | '7' | '8') => Ending::Rieul,
        Some(c) if c.is_ascii_alphabetic() => latin(&letters),
        _ => Ending::Vowel,
    }
}

/// A Latin word: letter by letter if it is an abbreviation or a single letter, else by how its end usually sounds.
fn latin(letters: &[char]) -> Ending {
    let word: Vec<char> = letters.iter().rev().take_while(|c| c.is_ascii_alphabetic()).copied().collect();
    let last = word[0].to_ascii_lowercase();
    let spelled = word.len() == 1 || word.iter().all(char::is_ascii_uppercase);
    let after_vowel = word.get(1).is_some_and(|c| "aeiou".contains(c.to_ascii_lowercase()));
    match last {
        'l' => Ending::Rieul,
        'r' if spelled => Ending::Rieul,
        'm' | 'n' => Ending::Consonant,
        'g' if !spelled && word.get(1) == Some(&'n') => Ending::Consonant,
        'k' if !spelled && word.get(1) == Some(&'c') => Ending::Consonant,
        // Two vowels before a t make a long sound and leave it to itself: Heartbeat is read 하트비트, but offset 오프셋.
        't' if !spelled && word.get(2).is_some_and(|c| "aeiou".contains(c.to_ascii_lowercase())) => Ending::Vowel,
        'p' | 'c' | 'k' | 't' if !spelled && after_vowel => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_follow_the_sound() {
        let cases = [
            ("브로커", Josa::Topic, "는"),
            ("컨슈머 그룹", Josa::Subject, "이"),
            ("orders-0", Josa::Object, "을"),
            ("orders-2", Josa::Object, "를"),
            ("브로커 1", Josa::Toward, "로"),
            ("브로커 3", Josa::Toward, "으로"),
            ("ISR", Josa::Subject, "이"),
            ("HW", Josa::Subject, "가"),
            ("topic", Josa::With, "과"),
            ("offset", Josa::Object, "을"),
            ("BrokerHeartbeat", Josa::Object, "를"),
            ("payment", Josa::Subject, "가"),
            ("p", Josa::Topic, "는"),
            ("10", Josa::Object, "을"),
            ("Fetch @9", Josa::Object, "를"),
            ("(0–5)", Josa::Object, "를"),
        ];
        for (word, pair, want) in cases {
            assert_eq!(particle(word, pair), want, "{word}");
        }
    }
}
