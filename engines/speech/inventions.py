"""What recognisers write when nobody speaks: lines of the subtitles they learned from, by language. Data only."""

from __future__ import annotations

# Small letters, no punctuation. Whoever really says one of these names no product with it: nothing is lost.
_SAID = {
    "en": """
        thank you for watching|thanks for watching|thank you so much for watching|thank you for listening
        please subscribe|subscribe|subscribe to my channel|subscribe to the channel|like and subscribe
        please like and subscribe|do not forget to subscribe|don't forget to subscribe|hit the bell
        see you in the next video|see you next time|i will see you in the next one|thank you|thank you very much
        bye|bye bye|you|subtitles by|captions by|transcribed by|transcription by|music|applause|laughter
        mm hmm|mm-hmm|mmhmm|hmm|mm|uh huh|uh|um|oh|no problem|i love you|i'm in love with you
        transcript|transcript emily beynon""",
    "zh": """
        谢谢观看|感谢观看|谢谢大家|谢谢收看|感谢收看|谢谢大家观看|感谢您的观看|請不吝點贊訂閱轉發打賞支持明鏡與點點欄目
        请不吝点赞订阅转发打赏支持明镜与点点栏目|请不吝点赞|明镜与点点栏目|明鏡與點點欄目|请订阅我的频道|訂閱我的頻道
        訂閱|订阅|字幕志愿者|字幕志願者|中文字幕志愿者|字幕由|字幕提供|社群提供|社区提供|優優獨播劇場|优优独播剧场
        謝謝觀看|感謝觀看|謝謝大家|谢谢|下期再见|我们下期再见|我們下期再見|詞曲|作词|作曲|编曲|字幕制作|音乐|掌声""",
    "de": """
        untertitel im auftrag des zdf für funk|untertitel im auftrag des zdf|untertitel von|untertitelung des zdf
        vielen dank fürs zuschauen|vielen dank|danke fürs zuschauen|bis zum nächsten mal|copyright wdr""",
    "es": """
        subtítulos realizados por la comunidad de|subtítulos por la comunidad de|gracias por ver el video
        gracias por ver|suscríbete|suscríbete al canal|muchas gracias por ver el video""",
    "fr": """
        sous-titres réalisés par la communauté|sous-titres réalisés para la communauté
        sous-titrage société radio-canada
        sous-titrage st' 501|merci d'avoir regardé cette vidéo|merci d'avoir regardé|abonnez-vous""",
    "it": "sottotitoli creati dalla comunità|sottotitoli e revisione a cura di|grazie per aver guardato il video",
    "ja": """
        ご視聴ありがとうございました|ご視聴ありがとうございます|チャンネル登録お願いします|チャンネル登録よろしくお願いします
        高評価とチャンネル登録|おやすみなさい""",
    "ko": "시청해주셔서 감사합니다|시청해 주셔서 감사합니다|구독과 좋아요|구독과 좋아요 부탁드립니다|한글자막 by",
    "pt": "legendas pela comunidade|obrigado por assistir|inscreva-se no canal|se inscreva no canal",
    "ru": """
        субтитры сделал dimatorzok|субтитры создавал dimatorzok|субтитры делал dimatorzok|продолжение следует
        спасибо за просмотр|спасибо за внимание|подписывайтесь на канал|редактор субтитров|корректор""",
    "tr": "altyazı m k|izlediğiniz için teşekkür ederim|izlediğiniz için teşekkürler|abone olmayı unutmayın",
    "nl": "ondertitels ingediend door de|bedankt voor het kijken|ondertiteld door",
    "pl": "dziękuję za obejrzenie|dziękuję za uwagę|napisy stworzone przez społeczność|zapraszam do subskrypcji",
}  # fmt: skip

# Credits: whatever stands beside one was not said either.
CREDITS = (
    "amara.org",
    "amara org",
    "dimatorzok",
    "www.",
    "http",
    "opensubtitles",
    "emily beynon",
    "明镜与点点",
    "明鏡與點點",
    "优优独播",
)

INVENTIONS: dict[str, tuple[str, ...]] = {
    language: tuple(part.strip() for line in text.split("\n") for part in line.split("|") if part.strip())
    for language, text in _SAID.items()
}
