"""Every text of the page, in English and in Chinese; it shows one of the two."""

from typing import Final, NamedTuple

from markupsafe import Markup


class Text(NamedTuple):
    """One text in both languages. What stands in braces is the same in both, and is filled in."""

    en: str
    zh: str


LANGUAGES: Final = Text._fields

TEXTS: Final[dict[str, Text]] = {
    "report": Text("Notes to purchases", "种草成交报告"),
    "days": Text("{since} to {until}, {days} days", "{since} 至 {until}，共 {days} 天"),
    "windows": Text(
        "windows: {window} days after viewing, {lookback} days before paying",
        "窗口：浏览后 {window} 天，付款前 {lookback} 天",
    ),
    "made": Text(
        "Made {at} from what had arrived by then. Days and times are those of Beijing.",
        "生成于 {at}，依据当时已到达的事件。日期与时间均为北京时间。",
    ),
    "passed": Text("All topics have passed {newest}.", "所有主题均已完成至 {newest}。"),
    "passed_none": Text(
        "No day has been passed by all topics yet (in each, a day needs events of two users after it).",
        "尚无所有主题均已完成的日期（每个主题在该日之后需有至少两位用户的事件）。",
    ),
    "view": Text("View", "视图"),
    "views": Text("Views", "视图"),
    "and": Text(" and ", "、"),
    "nothing": Text(
        "Nothing was sold on these days after a touch.", "这些日期内没有经触点带来的成交。"
    ),
    "no_orders": Text("Nothing was paid on these days.", "这些日期内没有付款。"),
    "nobody": Text("Nobody viewed a note on these days.", "这些日期内没有人浏览笔记。"),
    # 1
    "headline": Text("At a glance", "概览"),
    "viewers": Text("Viewers", "浏览人数"),
    "viewers_note": Text("distinct people who viewed a note", "浏览过笔记的去重人数"),
    "buyers": Text("Of them, buyers", "其中购买人数"),
    "buyers_note": Text(
        "{share} of the viewers, within {days} days, so far",
        "截至目前，{days} 天内占浏览人数 {share}",
    ),
    "buyers_final": Text(
        "{share} of the viewers, within {days} days", "{days} 天内占浏览人数 {share}"
    ),
    "sold_group": Text("What was paid on these days, by anybody", "此期间的付款（不限是否浏览）"),
    "viewed_group": Text("People who viewed on these days", "此期间浏览过笔记的人"),
    "payers": Text("Payers", "付款人数"),
    "payers_note": Text("distinct people", "去重人数"),
    "orders": Text("Orders", "主订单"),
    "orders_note": Text("of one or more sub-orders", "含一个或多个子订单"),
    "touched_net": Text("Touched net", "有触点净额"),
    "touched_net_note": Text("{share} of net, after a touch", "占净额 {share}，付款前有触点"),
    "refunds_open": Text(
        "{share} of gross was paid so recently (15 days before the last day that payments have passed, or later) that "
        "refunds of it may still follow.",
        "付款金额的 {share} 发生不久（付款数据已完成日之前 15 天内及之后），其退款仍可能发生。",
    ),
    "orders_left_edge": Text(
        "{share} of the sub-orders were paid less than {days} days after {day}, the oldest day of touches: what "
        "touched them before is not known, and some may be called organic for it.",
        "{share} 的子订单付款距最早触点日期 {day} 不足 {days} 天：更早的触点未知，其中一些可能因此被计为自然成交。",
    ),
    "sub_orders": Text("Sub-orders", "子订单"),
    "sub_orders_note": Text("lines with one item each", "每行一个商品"),
    "gross": Text("Gross", "付款金额"),
    "gross_note": Text("all that was paid", "全部付款"),
    "refunded": Text("Refunded", "退款金额"),
    "refunded_note": Text("{share} of gross", "占付款金额 {share}"),
    "net": Text("Net", "净额"),
    "net_note": Text("what stayed of all that was paid", "全部付款减退款"),
    "organic_share": Text("Organic share of sub-orders", "自然成交子订单占比"),
    "organic_note": Text(
        "{count} sub-orders, net {net}, without a touch", "{count} 个子订单无触点，净额 {net}"
    ),
    "headline_lead": Text(
        "People belong to the days on which they viewed a note; orders to the day of their first payment. "
        "So payers and buyers are counted differently: buyers viewed on these days, and may have paid later. "
        "Refunds count whenever they come.",
        "人数按浏览笔记的日期计，订单按首次付款的日期计；因此付款人数与购买人数口径不同：购买者在此期间浏览，付款可能更晚。"
        "退款无论何时发生均计入。",
    ),
    # 2
    "funnel": Text("How far people go", "转化漏斗"),
    "funnel_lead": Text(
        "Distinct people, each counted once over all notes and days, within {days} days after the day of viewing. "
        "Percentages are of the viewers, unless they say otherwise.",
        "去重人数：同一人跨笔记、跨日期只计一次；统计浏览日之后 {days} 天内的行为。未另注明的百分比均占浏览人数。",
    ),
    "independent": Text("Each step by itself", "各步骤独立统计"),
    "independent_lead": Text("A buyer need not have clicked.", "购买者不一定点击过链接。"),
    "chain": Text("In order", "依次完成"),
    "chain_lead": Text(
        "Saved, then clicked, then bought: the same note.", "同一篇笔记先收藏、再点击、再购买。"
    ),
    "viewed": Text("Viewed", "浏览"),
    "saved": Text("Saved", "收藏"),
    "clicked": Text("Clicked the link", "点击链接"),
    "bought": Text("Bought", "购买"),
    "chain_clicked": Text("… then clicked", "…随后点击"),
    "chain_bought": Text("… then bought", "…随后购买"),
    "of_savers": Text("{share} of those who saved", "占收藏者 {share}"),
    "of_chain_clickers": Text("{share} of those who then clicked", "占随后点击者 {share}"),
    "open_part": Text("{share} of them are open", "其中 {share} 尚未结束"),
    "open_title": Text("Not over yet, not drop-off", "尚未结束，并非流失"),
    "open_some": Text(
        "{count} of {viewers} viewers ({share}) are open: a window of {days} days still runs, or what came of it "
        "has not all arrived. What they have not done may still follow: the numbers of people below can only grow.",
        "{viewers} 位浏览者中有 {count} 位（{share}）尚未结束：{days} 天的窗口仍在进行，或其数据尚未全部到达。"
        "尚未发生的步骤仍可能发生：以下人数只会增加。",
    ),
    "open_steps": Text(
        "The window is still open for saves of {saves}, clicks of {clicks}, purchases of {purchases}.",
        "窗口尚未结束的：{saves} 位的收藏、{clicks} 位的点击、{purchases} 位的购买。",
    ),
    "people_left_edge": Text(
        "One of the topics begins on {day}: what people did before it is not known.",
        "有主题的数据始于 {day}：此前的行为未知。",
    ),
    "open_hint": Text(
        "A shorter <code>--window-days</code> or an earlier <code>--until</code> shows people with whom all is over.",
        "改用更短的 <code>--window-days</code> 或更早的 <code>--until</code>，即可只看已结束的人群。",
    ),
    "open_none": Text(
        "Nobody is open: these counts are final, but for events that come late.",
        "全部已结束：除迟到事件外，数字不再变化。",
    ),
    "cohorts": Text("Rates, with and without those who are open", "转化率：含与不含尚未结束者"),
    "cohort": Text("viewers", "浏览者"),
    "everybody": Text("all", "全部"),
    "all_over": Text("only those with whom all is over", "仅全部已结束者"),
    "cohorts_note": Text(
        "Who viewed again lately is open, and does more than others: to compare like with like, choose an earlier "
        "<code>--until</code>.",
        "近期再次浏览的人尚未结束，且往往更活跃：要同口径比较，请改用更早的 <code>--until</code>。",
    ),
    "rate_of": Text("{count} ({share})", "{count}（{share}）"),
    "by_day": Text("By day of viewing", "按浏览日"),
    "by_day_lead": Text(
        "Viewers of a day, and those of them who bought within {days} days. Days must not be added up: "
        "who viewed on two of them is on both.",
        "当日浏览人数，及其中 {days} 天内购买的人数。各日不可相加：两天都浏览的人在两天都计入。",
    ),
    "viewers_axis": Text("viewers", "浏览人数"),
    "buyers_axis": Text("of them, buyers", "其中购买人数"),
    "open_from": Text("open from {day}", "{day} 起尚未结束"),
    "legend_over": Text("over", "已结束"),
    "legend_open": Text("open", "尚未结束"),
    # 3
    "credits": Text("Which notes earned it", "笔记归因"),
    "credits_lead": Text(
        "Net yuan that each model credits a note with, of the orders paid on these days; touches count up to "
        "{days} days before the payment. Notes are in the order of linear credit.",
        "各模型分给每篇笔记的净额（元），统计在此期间付款的订单，计入付款前 {days} 天内的触点。按线性模型排序。",
    ),
    "note": Text("note", "笔记"),
    "first": Text("first", "首次触点"),
    "last": Text("last", "末次触点"),
    "last_click": Text("last click", "末次点击"),
    "linear": Text("linear", "线性"),
    "position": Text("position", "位置"),
    "time_decay": Text("time decay", "时间衰减"),
    "full": Text("full", "全额"),
    "full_group": Text("not a share", "非分摊"),
    "shares_group": Text("shares of each order, which add up", "分摊每笔订单，各模型合计相等"),
    "others": Text("other notes ({count})", "其余笔记（{count}）"),
    "organic_row": Text("organic: no touch", "自然成交：无触点"),
    "unknown_row": Text(
        "unknown: not all touches are held, or there were too many",
        "未知：触点不全或过多，无法判断",
    ),
    "total": Text("all that was sold", "全部成交"),
    "equal_sums": Text(
        "Under each of the six models the column adds up to {net}: what was sold, to the fen.",
        "六个模型每列合计均为 {net}，与成交净额分毫不差。",
    ),
    "unequal_sums": Text(
        "The columns do not all add up to {net}: rows arrived while this page was made. Make it again.",
        "各列合计并不都等于 {net}：生成期间有新数据到达，请重新生成。",
    ),
    "full_what": Text(
        "“full” credits every note that touched an order with the whole order, as platforms report it. "
        "Its column adds up to {full}, which is {factor} times what was sold: compare it with a platform's figure, "
        "never with the others.",
        "“全额”把整笔订单计给每一篇触达过的笔记，即平台的统计口径。该列合计 {full}，是实际成交的 {factor} 倍："
        "只宜与平台数字对比，不能与其他模型比较。",
    ),
    "full_what_plain": Text(
        "“full” credits every note that touched an order with the whole order, as platforms report it: "
        "its column may add up to more than was sold.",
        "“全额”把整笔订单计给每一篇触达过的笔记，即平台的统计口径，合计可能超过实际成交。",
    ),
    "first_what": Text("the first touch has it all", "全部归于首个触点"),
    "last_what": Text("the last touch has it all", "全部归于末个触点"),
    "last_click_what": Text(
        "the last link click; without a click, the last touch",
        "全部归于末次点击；无点击则归于末个触点",
    ),
    "linear_what": Text("all touches alike", "各触点平均分配"),
    "position_what": Text(
        "40% first, 40% last, the rest between", "首、末触点各 40%，其余由中间触点平分"
    ),
    "time_decay_what": Text(
        "later touches more: seven days earlier counts half", "越近越多：每早七天权重减半"
    ),
    # 4
    "time": Text("How long it takes", "成交需要多久"),
    "time_lead": Text(
        "Of {count} sub-orders with a touch in the {days} days before the payment: the share that was paid within "
        "so many days of the first touch.",
        "付款前 {days} 天内有触点的子订单共 {count} 个：首个触点后若干天内付款的占比。",
    ),
    "time_mark": Text("{days} d: {share}", "{days} 天：{share}"),
    "time_axis": Text("days from the first touch to the payment", "首个触点到付款的天数"),
    "time_note": Text(
        "Touches before the window are not seen, so the curve ends at 100% with it.",
        "窗口之前的触点不计入，因此曲线在窗口末端到达 100%。",
    ),
    # 5
    "ways": Text("How orders came", "成交来源"),
    "ways_lead": Text(
        "How the sub-orders of these days came; together they are all of them.",
        "在此期间付款的子订单的成交来源；合计即全部子订单。",
    ),
    "way": Text("way", "成交方式"),
    "direct": Text("Direct", "直接成交"),
    "click_halo": Text("Click halo", "点击后购买其他商品"),
    "view_through": Text("View-through", "有触点但未点击"),
    "organic": Text("Organic", "自然成交"),
    "unknown": Text("Unknown", "未知"),
    "unknown_what": Text(
        "no click on the item is held, but the window is not held whole or was cut",
        "未见所购商品的点击，但窗口内触点不全或已截断",
    ),
    "direct_what": Text("the link of the very item was clicked", "点击过所购商品的链接"),
    "click_halo_what": Text(
        "links of other items of the brand only were clicked", "仅点击过该品牌其他商品的链接"
    ),
    "view_through_what": Text("touched, and no link clicked", "有触点，未点击链接"),
    "organic_what": Text("no touch in the window", "窗口内没有触点"),
    "all": Text("all", "合计"),
    # 6
    "trust": Text("Can it be trusted?", "数据可信吗"),
    "freshness": Text("Freshness", "新鲜度"),
    "complete": Text(
        "The events of these days are complete, as far as the allowed lateness says: what still comes of them counts, "
        "and is called too late.",
        "按允许的迟到时间，报告期内的事件已完整：若再有这些日子的事件到达，仍会计入，但标为太迟。",
    ),
    "incomplete": Text(
        "On time until {until}: what comes of the time before is called late, and corrects the figures, too.",
        "按时截止 {until}：此前的事件再到即计为迟到，但仍会修正以上数字。",
    ),
    "unknown_progress": Text(
        "No worker has told how far it has come: nothing can be said about what is still missing.",
        "没有 worker 上报进度，无法判断是否还有数据未到达。",
    ),
    "topic": Text("topic", "主题"),
    "newest_event": Text("newest event", "最新事件"),
    "complete_until": Text("late before", "迟到界线"),
    "late_share": Text("late, last day", "近一日迟到占比"),
    "waiting": Text("waiting", "待处理"),
    "all_brands": Text(
        "Topics carry the events of all brands; partitions at their slowest, late shares at their worst.",
        "主题包含所有品牌的事件；取最慢的分区与最高的迟到占比。",
    ),
    "late_title": Text("late events of these days", "此期间的迟到事件"),
    "events": Text("events", "事件数"),
    "late_events": Text("too late", "太迟"),
    "late_part": Text("share", "占比"),
    "late_note": Text(
        "Of the brand alone. What came too late is counted all the same; where the workers no longer held "
        "its time, a rebuild joins it.",
        "仅该品牌。太迟的事件同样计入；当时 worker 已不再保留的部分，由重建（rebuild）补上。",
    ),
    "reconciliation": Text("Reconciliation", "对账"),
    "all_equal": Text(
        "All {count} comparisons with the events are equal.",
        "与事件明细的 {count} 项比较全部一致。",
    ),
    "explained": Text(
        "{count} comparisons with the events are equal. What takes part in less than the rest, and why:",
        "与事件明细的 {count} 项比较一致。以下数据未完全参与统计，原因如下：",
    ),
    "differing": Text(
        "{count} comparisons with the events are equal, others are not. What differs, and why:",
        "与事件明细的 {count} 项比较一致，另有不一致之处。差异与原因如下：",
    ),
    "dead_letters": Text(
        "Dead letters belong to no brand that could be trusted: they are counted for all.",
        "死信没有可信的品牌，按全部品牌统计。",
    ),
    "measure": Text("what", "指标"),
    "found_in": Text("found in", "对账对象"),
    "expected": Text("expected", "应有"),
    "found": Text("found", "实有"),
    "reason": Text("why", "原因"),
    # after all
    "footer": Text(
        "zhongcao: amounts are whole fen, shown in yuan. This page is complete in itself and loads nothing.",
        "zhongcao（种草）：金额以分为单位精确计算，以元显示。本页自成一体，不加载任何外部内容。",
    ),
}

#: What the view reconciliation says in English; names of columns are the same in both languages.
FROM_VIEW: Final = {
    "sub-orders": "子订单",
    "journeys": "旅程",
    "savers": "收藏人数",
    "clickers": "点击人数",
    "buyers": "购买人数",
    "click ids under several users": "对应多位用户的点击标识",
    "click ids under several brands": "对应多个品牌的点击标识",
    "click ids whose contents differ": "内容不一致的点击标识",
    "click ids stamped again": "时间不一致的点击标识",
    "sub-order ids under several users": "对应多位用户的子订单",
    "sub-order ids under several brands": "对应多个品牌的子订单",
    "sub-order ids whose contents differ": "内容不一致的子订单",
    "transaction ids under several users": "对应多位用户的交易",
    "transaction ids under several brands": "对应多个品牌的交易",
    "transaction ids whose contents differ": "内容不一致的交易",
    "transaction ids stamped again": "时间不一致的交易",
    "touches that were too late": "太迟的触点",
    "payments that were too late": "太迟的付款",
    "sub-orders that lack touches": "缺少触点的子订单",
    "refunded_fen without a payment": "没有付款的退款 refunded_fen",
    "dead letters": "死信",
    "Some rows of a batch are not there yet, or rows were lost: ask again, and if it stays have an operator verify the "
    "tables.": "同一批次的部分行尚未写入，或有行丢失：请稍后重试；若仍如此，请运维人员核对各表。",
    "Events that came too late take part in what is expected, and no rebuild has joined them yet: have an operator run "
    "zhongcao rebuild --late.": (
        "应有数中含太迟到达的事件，尚未由重建补上：请运维人员运行 zhongcao rebuild --late。"
    ),
    "An id came under several users, brands or contents, or a payment with several times, and each may have taken "
    "part: conflicting_ids has it.": (
        "同一标识对应多位用户、多个品牌或多种内容，或同一笔付款有多个时间，且可能各自计入：见 conflicting_ids。"
    ),
    "One id came under several users: each of them has a step of it, and one of them the order.": (
        "同一标识对应多位用户：各自计入步骤，订单归其中一位。"
    ),
    "One id came under several brands: it is in the numbers of each of them.": (
        "同一标识对应多个品牌：在各品牌的数值中均计入。"
    ),
    "One id came with different contents: either may stand; of a transaction, each sub-order counts it.": (
        "同一标识的内容不一致：可能以任一为准；同一笔交易对应多个子订单时，各自计入。"
    ),
    "One id came with different times: it is one, at the earliest.": "同一标识有多个时间：计为一次，取最早时间。",
    "They arrived after the allowed lateness, and no rebuild has covered them: what the workers still held was joined "
    "with them; a rebuild joins the rest.": (
        "到达时已超过允许的迟到时间，且尚无重建覆盖：worker 仍保留的部分已与之关联，其余由重建补上。"
    ),
    "They arrived after the allowed lateness, and no rebuild has covered them: they count, but their paths may lack "
    "touches (path_incomplete).": (
        "到达时已超过允许的迟到时间，且尚无重建覆盖：计入成交，但其路径可能缺少触点（path_incomplete）。"
    ),
    "Touches that came too late are not in their paths, so they may say organic wrongly: have an operator run zhongcao "
    "rebuild --late.": (
        "迟到的触点不在其路径中，可能被误记为自然成交：请运维人员运行 zhongcao rebuild --late。"
    ),
    "No payment of their sub-orders has arrived: these refunds are in no conversion.": (
        "其子订单的付款尚未到达：这些退款不计入任何成交。"
    ),
    "They could not be used: current_dead_letters says why, message by message.": (
        "无法使用：逐条原因见 current_dead_letters。"
    ),
}


def say(key: str, **values: object) -> Markup:
    """A text in both languages, as HTML. Values are escaped, unless they are Markup."""
    return both(*(Markup(text).format(**values) for text in TEXTS[key]))


def both(en: str, zh: str) -> Markup:
    """Something that is said in English, and the same in Chinese."""
    return Markup('<span lang="en">{}</span><span lang="zh">{}</span>').format(en, zh)


def from_view(text: str) -> Markup:
    """A measure or a reason of the view reconciliation; what is not known is as it is in both languages."""
    name, colon, rest = text.partition(": ")
    known = FROM_VIEW.get(name, name)
    return both(text, FROM_VIEW.get(text, f"{known}{colon}{rest}"))


def plain(key: str) -> str:
    """A text in both languages for where only one can stand, such as the title of a chart."""
    return " · ".join(TEXTS[key])
