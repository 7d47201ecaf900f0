#include "provider/xml.h"

struct reader {
	struct str left;
	struct arena *arena;
	int nodes;
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

static bool is_name(char c, bool first)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_')
		return true;
	return !first && ((c >= '0' && c <= '9') || c == '-' || c == '.');
}

static bool take_name(struct reader *reader, struct str *ret_name)
{
	size_t len = 0;

	while (len < reader->left.len && is_name(reader->left.at[len], len == 0))
		len++;
	if (len == 0)
		return fail(reader, ERR_BAD_REQUEST);
	*ret_name = str_n(reader->left.at, len);
	reader->left = str_n(reader->left.at + len, reader->left.len - len);
	return true;
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
		size_t e = 0;
		while (e < ENTITIES && !str_starts(raw, entities[e].entity))
			e++;
		char c = e < ENTITIES ? entities[e].c : raw.at[0];
		size_t used = e < ENTITIES ? entities[e].entity.len : 1;
		bool control = (uint8_t)c < 0x20 && c != '\t' && c != '\n' && c != '\r';
		if (control || (e == ENTITIES && (c == '&' || c == '<')))
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
	if (depth > XML_DEPTH_MAX || ++reader->nodes > XML_NODES_MAX) {
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

enum err xml_parse(struct str text, struct arena *arena, struct xml_node **ret_root)
{
	struct reader reader = {.left = text, .arena = arena};

	if (take(&reader, STR("<?xml ")) && !(take(&reader, STR("version=\"1.0\" encoding=\"UTF-8\"?>"))))
		return ERR_BAD_REQUEST;
	take_space(&reader);
	struct xml_node *root = take_element(&reader, 1);
	take_space(&reader);
	if (root && reader.left.len)
		fail(&reader, ERR_BAD_REQUEST);
	if (reader.err)
		return reader.err;
	*ret_root = root;
	return ERR_OK;
}

struct str xml_attribute(const struct xml_node *node, const char *name)
{
	for (int i = 0; i < node->attributes_n; i++)
		if (str_equal(node->attributes[i].name, str_of(name)))
			return node->attributes[i].value;
	return STR_NONE;
}
