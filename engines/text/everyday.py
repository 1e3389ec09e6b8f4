"""Words that anybody says about anything: alone they name no product, whatever a catalogue holds. Data only."""

from __future__ import annotations

from engines.text.normalise import tokenise

# Words without which no sentence stands. They are never part of a name on their own.
_GRAMMAR = """
a an the this that these those it its he she we you they i me us him her them my your our his their mine yours
one ones and or but nor so if then than as at by for from in into of off on onto out over to up with without
within about after again against all also am any are be been being before below between both can could did do
does doing down during each few had has have having here how is just may might more most much must no not now
only other own same shall should some such there through too under until very was were what when where which
while who whom why will would yes yeah ok okay
"""

# Said every minute of every live, by any host, of any product.
_TALK = """
able above absolutely actually add ago ahead almost alone along already alright always amazing another answer
anybody anyone anything anyway around ask asked away awesome back bad basket beautiful because become began
begin behind believe best better big bit both bought box break bring brought buy call came care cart case
certainly chance change chat cheap check choose click close code come coming comment cool cost couple course
customer cut cute day deal definitely delivery different discount done double dozen during early easy either
else end enjoy enough especially even evening ever every everybody everyone everything everywhere exactly
excited expensive extra fact family fan far fast favorite feel feeling felt find finally fine finish first five
follow forget found four free friend front full fun funny gave get getting gift girl give given go goes going
gone good got great group guess guy half hand happen happy hard hear heard heart hello help hey hi high hold
home hope hour house huge hundred hurry idea inside instead join keep kid kind knew know large last late later
least leave left less let life like link list listen little live long look looking lot love loved lovely low
lucky made make making man many maybe mean medium mention message met middle minute miss moment money month
morning moment move name nearly need never new next nice night nobody nothing notice number obviously offer
often oh old once open order ordered ordinary original outside pack package part pay people per perfect perhaps person
pick picture piece place please plus possible pretty price probably problem product put question quick quickly
quite ready real really reason receive recommend remember rest right room said sale save saw say screen second
see seem seen self sell send sent set seven several share ship shipping shop short show showing side simple
simply since single six size small soon sorry sort sound special start started stay still stock stop stream
stuff super sure surprise take taken talk talking tell ten test thank thanks thing think third thought three
tight till time tiny today together told tomorrow tonight took top total toward tried trust truly try turn twice
two type understand unlike use used using usual usually value version view wait want wanted watch watching way
wear wearing week weekend welcome well went while whole win wish woman wonderful word work world worry worth wow
write writing wrong year yesterday yet young
"""

# What prices and sizes are said with, as words: an ear that knows none of them hears hand cream in a hundred grams.
_COUNTED = """
eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy
eighty ninety hundred thousand zero point euro euros cents dollars pounds percent gram grams kilo kilograms liter
liters millilitre millilitres centimetre centimetres inches pieces times
"""

# Said every minute in Chinese, as pairs of characters: what a live in Chinese is full of.
_HAN_TALK = """
这个 那个 这款 那款 一个 一款 我们 你们 他们 大家 今天 明天 昨天 现在 直播 主播 宝宝 宝贝 姐妹 家人 朋友 喜欢
可以 没有 就是 不是 真的 非常 特别 一下 看看 看一 来看 时候 什么 怎么 这样 那样 还有 然后 所以 因为 但是 如果
已经 知道 觉得 东西 价格 链接 下单 购买 包邮 优惠 活动 福利 库存 数量 马上 开始 最后 第一 好的 好看 好用 谢谢
欢迎 关注 点赞 质量 一定 需要 自己 是的 的话 接下 下来 等会 会儿 一会 刚才 刚刚 之前 后面 前面 不要 的是 是我
给大 推荐 产品 商品 品牌 颜色 尺寸 尺码 大小 新款 新品
"""


def _keys(text: str) -> frozenset[str]:
    return frozenset(token.text for token in tokenise(text.split()))


GRAMMAR = _keys(_GRAMMAR) | frozenset("的了是在我你他她它们这那就都也和与或很吗呢吧啊哦")
EVERYDAY = GRAMMAR | _keys(_TALK) | frozenset(_HAN_TALK.split())
COUNTED = frozenset(_COUNTED.split())
