#include "provider/xml.h"

struct reader {
	struct str left;
	struct arena *arena;
	int nodes, nodes_max, depth_max;
	bool answer;  /* xml_parse_answer: more than the subset */
	enum err err; /* the first */
};

static const struct {
	char c;
	struct str entity;
} entities[] = {
	{'&', {"&amp;", 5}},
	{'<', {"&lt;", 4}},
	{'>', {"&gt;", 4}},
	{'"', {"&quot;", 6}},
	{'\'', {"&apos;", 6}},
};
#define ENTITIES (sizeof entities / sizeof entities[0])

static bool is_plain(char c)
{
	return (uint8_t)c > '>' || (uint8_t)c == ' ' || (c >= '(' && c <= ';');
}

static void put_special(struct buf *out, char c)
{
	for (size_t e = 0; e < ENTITIES; e++) {
		if (entities[e].c == c) {
			buf_str(out, entities[e].entity);
			return;
		}
	}
	if ((uint8_t)c >= 0x20 || c == '\t' || c == '\n' || c == '\r')
		buf_char(out, c);
}

void xml_put(struct buf *out, struct str text)
{
	size_t at = 0;

	while (at < text.len) {
		size_t run = at;
		while (run < text.len && is_plain(text.at[run]))
			run++;
		buf_put(out, text.at + at, run - at);
		if (run < text.len)
			put_special(out, text.at[run++]);
		at = run;
	}
}

static void open_attribute(struct buf *out, const char *name)
{
	buf_char(out, ' ');
	buf_lit(out, name);
	buf_lit(out, "=\"");
}

void xml_put_attribute(struct buf *out, const char *name, struct str value)
{
	open_attribute(out, name);
	xml_put(out, value);
	buf_char(out, '"');
}

void xml_put_count(struct buf *out, const char *name, uint32_t count)
{
	open_attribute(out, name);
	buf_u64(out, count);
	buf_char(out, '"');
}

void xml_put_url(struct buf *out, const char *name, struct str base, const char *rest)
{
	open_attribute(out, name);
	xml_put(out, base);
	buf_lit(out, rest);
	buf_char(out, '"');
}

static bool fail(struct reader *reader, enum err err)
{
	if (reader->err == ERR_OK)
		reader->err = err;
	return false;
}

static void *take_memory(struct reader *reader, size_t size)
{
	void *at = arena_alloc(reader->arena, size);

	if (!at)
		fail(reader, ERR_TOO_LARGE);
	return at;
}

static bool take(struct reader *reader, struct str token)
{
	if (!str_starts(reader->left, token))
		return false;
	reader->left = str_n(reader->left.at + token.len, reader->left.len - token.len);
	return true;
}

static bool need(struct reader *reader, struct str token)
{
	return take(reader, token) || fail(reader, ERR_BAD_REQUEST);
}

static bool take_space(struct reader *reader)
{
	bool any = false;

	while (take(reader, STR(" ")) || take(reader, STR("\t")) || take(reader, STR("\n")) ||
		take(reader, STR("\r")))
		any = true;
	return any;
}

static bool is_name(const struct reader *reader, char c, bool first)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_')
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.' || (c == ':' && reader->answer));
}

static bool take_name(struct reader *reader, struct str *ret_name)
{
	size_t len = 0;

	while (len < reader->left.len && is_name(reader, reader->left.at[len], len == 0))
		len++;
	if (len == 0)
		return fail(reader, ERR_BAD_REQUEST);
	*ret_name = str_n(reader->left.at, len);
	reader->left = str_n(reader->left.at + len, reader->left.len - len);
	return true;
}

/* Passes over what ends with `token`. */
static bool skip_to(struct reader *reader, struct str token)
{
	const char *at =
		reader->left.len ? memmem(reader->left.at, reader->left.len, token.at, token.len) : NULL;

	if (!at)
		return fail(reader, ERR_BAD_REQUEST);
	size_t len = (size_t)(at - reader->left.at) + token.len;
	reader->left = str_n(at + token.len, reader->left.len - len);
	return true;
}

/* White space, and comments where they are allowed. */
static bool skip_between(struct reader *reader)
{
	take_space(reader);
	while (reader->answer && take(reader, STR("<!--"))) {
		if (!skip_to(reader, STR("-->")))
			return false;
		take_space(reader);
	}
	return true;
}

/* "&#38;", "&#x26;" at the beginning of `raw`: how many bytes it has, 0 if it is none. */
static size_t take_reference(struct str raw, char *ret_c)
{
	bool hex = str_starts(raw, STR("&#x"));
	size_t start = hex ? 3 : 2, len = start;
	uint32_t value = 0;

	if (!str_starts(raw, STR("&#")))
		return 0;
	for (; len < raw.len && raw.at[len] != ';'; len++) {
		char c = raw.at[len];
		uint32_t digit = c >= '0' && c <= '9'          ? (uint32_t)(c - '0')
				 : hex && c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
				 : hex && c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
							       : UINT32_MAX;
		if (digit == UINT32_MAX || value > 0x10ffff)
			return 0;
		value = value * (hex ? 16 : 10) + digit;
	}
	if (len == start || len == raw.len)
		return 0;
	*ret_c = value < 0x7f ? (char)value : '?';
	return len + 1;
}

/* One character of text, and how many bytes stand for it; 0: not allowed. */
static size_t take_char(const struct reader *reader, struct str raw, char *ret_c)
{
	size_t e = 0, used = 1;
	char c = raw.at[0];

	while (e < ENTITIES && !str_starts(raw, entities[e].entity))
		e++;
	if (e < ENTITIES) {
		c = entities[e].c;
		used = entities[e].entity.len;
	} else if (c == '<') {
		return 0;
	} else if (c == '&') {
		used = reader->answer ? take_reference(raw, &c) : 0;
	}
	if ((uint8_t)c < 0x20 && c != '\t' && c != '\n' && c != '\r')
		return 0;
	*ret_c = c;
	return used;
}

/* Text up to (not with) `end`, decoded. */
static bool take_text(struct reader *reader, char end, struct str *ret_text)
{
	const char *stop = reader->left.len ? memchr(reader->left.at, end, reader->left.len) : NULL;

	if (!stop)
		return fail(reader, ERR_BAD_REQUEST);
	struct str raw = str_n(reader->left.at, (size_t)(stop - reader->left.at));
	char *text = take_memory(reader, raw.len);
	size_t len = 0;
	if (!text)
		return false;
	reader->left = str_n(stop, reader->left.len - raw.len);
	while (raw.len) {
		char c;
		size_t used = take_char(reader, raw, &c);
		if (used == 0)
			return fail(reader, ERR_BAD_REQUEST);
		text[len++] = c;
		raw = str_n(raw.at + used, raw.len - used);
	}
	*ret_text = str_n(text, len);
	return true;
}

static bool take_attribute(struct reader *reader, struct xml_node *node)
{
	struct xml_attribute attribute;

	if (!take_name(reader, &attribute.name))
		return false;
	for (int i = 0; i < node->attributes_n; i++)
		if (str_equal(node->attributes[i].name, attribute.name))
			return fail(reader, ERR_BAD_REQUEST);
	take_space(reader);
	if (!need(reader, STR("=")))
		return false;
	take_space(reader);
	char quote = reader->left.len ? reader->left.at[0] : '\0';
	if (quote != '"' && quote != '\'')
		return fail(reader, ERR_BAD_REQUEST);
	reader->left = str_n(reader->left.at + 1, reader->left.len - 1);
	if (!take_text(reader, quote, &attribute.value) || !need(reader, str_n(&quote, 1)))
		return false;
	if (node->attributes_n == XML_ATTRIBUTES_MAX)
		return fail(reader, ERR_TOO_LARGE);
	if (!node->attributes) {
		node->attributes = take_memory(reader, XML_ATTRIBUTES_MAX * sizeof attribute);
		if (!node->attributes)
			return false;
	}
	node->attributes[node->attributes_n++] = attribute;
	return true;
}

static struct xml_node *take_element(struct reader *reader, int depth);

/* What stands between the tags of `node`, up to its end tag's name. */
static bool take_content(struct reader *reader, struct xml_node *node, int depth)
{
	struct xml_node **tail = &node->child;

	for (;;) {
		struct str text;
		if (!take_text(reader, '<', &text))
			return false;
		text = str_trim(text);
		if (text.len && node->text.len)
			return fail(reader, ERR_BAD_REQUEST);
		if (text.len)
			node->text = text;
		if (take(reader, STR("</")))
			return true;
		if (reader->answer && take(reader, STR("<!--"))) {
			if (!skip_to(reader, STR("-->")))
				return false;
			continue;
		}
		*tail = take_element(reader, depth + 1);
		if (!*tail)
			return false;
		tail = &(*tail)->next;
	}
}

static struct xml_node *take_element(struct reader *reader, int depth)
{
	struct xml_node *node = take_memory(reader, sizeof *node);
	struct str end;

	if (!node)
		return NULL;
	if (depth > reader->depth_max || ++reader->nodes > reader->nodes_max) {
		fail(reader, ERR_TOO_LARGE);
		return NULL;
	}
	if (!need(reader, STR("<")) || !take_name(reader, &node->name))
		return NULL;
	for (;;) {
		bool space = take_space(reader);
		if (take(reader, STR("/>")))
			return node;
		if (take(reader, STR(">")))
			break;
		if (!space)
			fail(reader, ERR_BAD_REQUEST);
		if (!space || !take_attribute(reader, node))
			return NULL;
	}
	if (!take_content(reader, node, depth) || !take_name(reader, &end))
		return NULL;
	if (!str_equal(end, node->name)) {
		fail(reader, ERR_BAD_REQUEST);
		return NULL;
	}
	take_space(reader);
	return need(reader, STR(">")) ? node : NULL;
}

static bool take_declaration(struct reader *reader)
{
	if (!take(reader, STR("<?xml ")))
		return true;
	return reader->answer ? skip_to(reader, STR("?>"))
			      : need(reader, STR("version=\"1.0\" encoding=\"UTF-8\"?>"));
}

static enum err parse(struct reader *reader, struct xml_node **ret_root)
{
	struct xml_node *root = NULL;

	if (take_declaration(reader) && skip_between(reader))
		root = take_element(reader, 1);
	if (root && skip_between(reader) && reader->left.len)
		fail(reader, ERR_BAD_REQUEST);
	if (reader->err)
		return reader->err;
	*ret_root = root;
	return ERR_OK;
}

enum err xml_parse(struct str text, struct arena *arena, struct xml_node **ret_root)
{
	struct reader reader = {
		.left = text, .arena = arena, .nodes_max = XML_NODES_MAX, .depth_max = XML_DEPTH_MAX};

	return parse(&reader, ret_root);
}

enum err xml_parse_answer(struct str text, int nodes_max, struct arena *arena, struct xml_node **ret_root)
{
	struct reader reader = {.left = text,
		.arena = arena,
		.nodes_max = nodes_max,
		.depth_max = XML_ANSWER_DEPTH_MAX,
		.answer = true};

	return parse(&reader, ret_root);
}

static const struct xml_node *named(const struct xml_node *node, struct str name)
{
	while (node && !str_equal(node->name, name))
		node = node->next;
	return node;
}

const struct xml_node *xml_child(const struct xml_node *node, const char *name)
{
	return node ? named(node->child, str_of(name)) : NULL;
}

const struct xml_node *xml_again(const struct xml_node *node)
{
	return named(node->next, node->name);
}

struct str xml_child_text(const struct xml_node *node, const char *name)
{
	const struct xml_node *child = xml_child(node, name);

	return child ? child->text : STR_NONE;
}

struct str xml_attribute(const struct xml_node *node, const char *name)
{
	for (int i = 0; i < node->attributes_n; i++)
		if (str_equal(node->attributes[i].name, str_of(name)))
			return node->attributes[i].value;
	return STR_NONE;
}
