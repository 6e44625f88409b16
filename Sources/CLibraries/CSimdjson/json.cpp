#include "sluice_json.h"

#include <cstring>
#include <memory>
#include <new>
#include <simdjson.h>

namespace {

struct open_container {
    uint32_t index;
    uint32_t count;
};

inline bool is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

inline bool is_digit(uint8_t byte) { return uint8_t(byte - '0') < 10; }

inline bool is_hex(uint8_t byte) { return is_digit(byte) || uint8_t((byte | 0x20) - 'a') < 6; }

// Where a number ends, or null if it is none. Sets is_fraction if it has a fraction or an exponent.
inline const uint8_t *number_end(const uint8_t *p, const uint8_t *end, bool &is_fraction) {
    if (*p == '-' && ++p == end) return nullptr;
    if (*p == '0') {
        p++;
    } else {
        const uint8_t *first = p;
        while (p != end && is_digit(*p)) p++;
        if (p == first) return nullptr;
    }
    if (p != end && *p == '.') {
        const uint8_t *first = ++p;
        while (p != end && is_digit(*p)) p++;
        if (p == first) return nullptr;
        is_fraction = true;
    }
    if (p != end && (*p | 0x20) == 'e') {
        if (++p != end && (*p == '+' || *p == '-')) p++;
        const uint8_t *first = p;
        while (p != end && is_digit(*p)) p++;
        if (p == first) return nullptr;
        is_fraction = true;
    }
    return p;
}

// The first wrong escape of a string's content, or null; sets has_escapes.
inline const uint8_t *wrong_escape(const uint8_t *p, const uint8_t *end, bool &has_escapes) {
    while (p != end && (p = static_cast<const uint8_t *>(memchr(p, '\\', size_t(end - p))))) {
        has_escapes = true;
        if (end - p < 2) return p;
        switch (p[1]) {
        case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
            p += 2;
            break;
        case 'u':
            if (end - p < 6 || !is_hex(p[2]) || !is_hex(p[3]) || !is_hex(p[4]) || !is_hex(p[5])) return p;
            p += 6;
            break;
        default: return p;
        }
    }
    return nullptr;
}

}  // namespace

struct sluice_json_parser {
    std::unique_ptr<simdjson::internal::dom_parser_implementation> tokens;
    std::unique_ptr<sluice_json_value[]> values;
    size_t value_capacity = 0;
    size_t byte_capacity = 0;
    open_container stack[SLUICE_JSON_MAX_DEPTH];

    bool reserve(size_t count, size_t kept) noexcept {
        bool is_kept = byte_capacity <= kept || count > kept;
        if (tokens && count <= byte_capacity && is_kept) return true;
        size_t wanted = count < 1024 ? 1024 : count;
        // Grow by half at least, so that documents that grow slowly do not allocate each time.
        if (is_kept && wanted < byte_capacity + byte_capacity / 2) wanted = byte_capacity + byte_capacity / 2;
        if (wanted > SLUICE_JSON_MAX_BYTES) wanted = SLUICE_JSON_MAX_BYTES;
        byte_capacity = 0;
        values.reset();
        value_capacity = 0;
        if (!tokens) {
            // The depth is for simdjson's own second stage, which is not used.
            if (simdjson::get_active_implementation()->create_dom_parser_implementation(wanted, 1, tokens)) {
                tokens.reset();
                return false;
            }
        } else if (tokens->set_capacity(wanted)) {
            tokens.reset();
            return false;
        }
        byte_capacity = wanted;
        return true;
    }

    bool reserve_values(size_t count) noexcept {
        if (count <= value_capacity) return true;
        size_t wanted = value_capacity + value_capacity / 2;
        if (wanted < count) wanted = count;
        if (wanted < 256) wanted = 256;
        values.reset(new (std::nothrow) sluice_json_value[wanted]);
        value_capacity = values ? wanted : 0;
        return values != nullptr;
    }

    sluice_json_status tape(const uint8_t *bytes, size_t count, uint32_t max_depth, size_t *value_count,
                            size_t *error_offset) noexcept;
};

sluice_json_parser *sluice_json_parser_new(void) { return new (std::nothrow) sluice_json_parser; }

void sluice_json_parser_free(sluice_json_parser *parser) { delete parser; }

sluice_json_status sluice_json_parse(sluice_json_parser *parser, const uint8_t *bytes, size_t count, uint32_t max_depth,
                                     size_t kept, const sluice_json_value **values, size_t *value_count,
                                     size_t *error_offset) {
    *value_count = 0;
    *values = nullptr;
    *error_offset = SIZE_MAX;
    if (count > SLUICE_JSON_MAX_BYTES) return sluice_json_too_large;
    if (count == 0) return sluice_json_empty;
    if (!parser->reserve(count, kept)) return sluice_json_no_memory;
    // The first stage copies what does not fill a block, so it reads nothing behind the bytes.
    switch (parser->tokens->stage1(bytes, count, simdjson::stage1_mode::regular)) {
    case simdjson::SUCCESS: break;
    case simdjson::EMPTY: return sluice_json_empty;
    case simdjson::UTF8_ERROR: return sluice_json_utf8;
    case simdjson::UNESCAPED_CHARS: return sluice_json_control_character;
    case simdjson::UNCLOSED_STRING: return sluice_json_unclosed_string;
    case simdjson::CAPACITY: return sluice_json_too_large;
    default: return sluice_json_expected_value;
    }
    // Each value and each name begins at a token of its own, so there are no more of them than tokens.
    if (!parser->reserve_values(parser->tokens->n_structural_indexes)) return sluice_json_no_memory;
    uint32_t depth = max_depth < SLUICE_JSON_MAX_DEPTH ? max_depth : SLUICE_JSON_MAX_DEPTH;
    sluice_json_status status = parser->tape(bytes, count, depth, value_count, error_offset);
    *values = parser->values.get();
    return status;
}

sluice_json_status sluice_json_parser::tape(const uint8_t *bytes, size_t count, uint32_t max_depth, size_t *value_count,
                                            size_t *error_offset) noexcept {
    const uint32_t *next = tokens->structural_indexes.get();
    const uint32_t *const last = next + tokens->n_structural_indexes;
    const uint8_t *const end = bytes + count;
    const bool has_escapes = memchr(bytes, '\\', count) != nullptr;
    sluice_json_value *const first = values.get();
    sluice_json_value *value = first;
    uint32_t depth = 0;
    uint32_t elements = 0;
    bool is_object = false;
    uint32_t offset = 0;

#define FAIL(status, at)         \
    do {                         \
        *error_offset = (at);    \
        return status;           \
    } while (0)
#define ADVANCE(status)                       \
    do {                                      \
        if (next == last) FAIL(status, count); \
        offset = *next++;                     \
    } while (0)

    // Reads the string at offset; status is for what is none.
    auto string = [&]() -> bool {
        const uint8_t *content = bytes + offset + 1;
        // Only white space may stand between a string and the next token, so it ends at the last quote before that.
        const uint8_t *close = (next == last ? end : bytes + *next) - 1;
        while (close >= content && is_space(*close)) close--;
        if (close < content || *close != '"') return false;
        bool escapes = false;
        if (has_escapes) {
            if (const uint8_t *wrong = wrong_escape(content, close, escapes)) {
                offset = uint32_t(wrong - bytes);
                return false;
            }
        }
        value->offset = offset;
        value->length = uint32_t(close - content) + 2;
        value->next = uint32_t(value - first) + 1;
        value->info = uint32_t(sluice_json_string) | uint32_t(escapes) << 3;
        value++;
        return true;
    };

    // Whether a literal or number that ends at p is not followed by something of its own kind.
    auto is_end = [&](const uint8_t *p) -> bool {
        return p == end || is_space(*p) || (next != last && p == bytes + *next);
    };

    ADVANCE(sluice_json_empty);

value:
    switch (bytes[offset]) {
    case '"':
        if (!string()) FAIL(sluice_json_bad_escape, offset);
        break;
    case '{':
    case '[': {
        if (depth == max_depth) FAIL(sluice_json_too_deep, offset);
        // The count of what is around, and whether it is an object, wait on the stack.
        stack[depth].index = uint32_t(value - first);
        stack[depth].count = elements << 1 | uint32_t(is_object);
        depth++;
        is_object = bytes[offset] == '{';
        elements = 0;
        value->offset = offset;
        value++;
        ADVANCE(is_object ? sluice_json_expected_name : sluice_json_expected_value);
        if (bytes[offset] == (is_object ? '}' : ']')) goto close;
        if (is_object) goto name;
        goto value;
    }
    case 't':
    case 'n':
    case 'f': {
        const char *text = bytes[offset] == 't' ? "true" : bytes[offset] == 'n' ? "null" : "false";
        const size_t length = bytes[offset] == 'f' ? 5 : 4;
        if (count - offset < length || memcmp(bytes + offset, text, length) || !is_end(bytes + offset + length)) {
            FAIL(sluice_json_bad_literal, offset);
        }
        value->offset = offset;
        value->length = uint32_t(length);
        value->next = uint32_t(value - first) + 1;
        value->info = *text == 't' ? sluice_json_true : *text == 'n' ? sluice_json_null : sluice_json_false;
        value++;
        break;
    }
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9': {
        bool is_fraction = false;
        const uint8_t *p = number_end(bytes + offset, end, is_fraction);
        if (!p || !is_end(p)) FAIL(sluice_json_bad_number, offset);
        value->offset = offset;
        value->length = uint32_t(p - bytes) - offset;
        value->next = uint32_t(value - first) + 1;
        value->info = uint32_t(sluice_json_number) | uint32_t(is_fraction) << 3;
        value++;
        break;
    }
    default: FAIL(sluice_json_expected_value, offset);
    }

behind:
    if (depth == 0) {
        if (next != last) FAIL(sluice_json_trailing, *next);
        *value_count = size_t(value - first);
        return sluice_json_ok;
    }
    elements++;
    ADVANCE(sluice_json_expected_comma_or_end);
    if (bytes[offset] == ',') {
        ADVANCE(is_object ? sluice_json_expected_name : sluice_json_expected_value);
        if (is_object) goto name;
        goto value;
    }
    if (bytes[offset] != (is_object ? '}' : ']')) FAIL(sluice_json_expected_comma_or_end, offset);

close: {
    depth--;
    sluice_json_value &opened = first[stack[depth].index];
    opened.length = offset + 1 - opened.offset;
    opened.next = uint32_t(value - first);
    opened.info = (is_object ? uint32_t(sluice_json_object) : uint32_t(sluice_json_array)) | elements << 8;
    is_object = stack[depth].count & 1;
    elements = stack[depth].count >> 1;
    goto behind;
}

name:
    if (bytes[offset] != '"') FAIL(sluice_json_expected_name, offset);
    if (!string()) FAIL(sluice_json_bad_escape, offset);
    ADVANCE(sluice_json_expected_colon);
    if (bytes[offset] != ':') FAIL(sluice_json_expected_colon, offset);
    ADVANCE(sluice_json_expected_value);
    goto value;

#undef ADVANCE
#undef FAIL
}
