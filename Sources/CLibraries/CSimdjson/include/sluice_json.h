#ifndef SLUICE_JSON_H
#define SLUICE_JSON_H

// A JSON parser (RFC 8259) that makes a flat list of the values of a document, with their places in its text.
//
// simdjson finds the tokens and checks UTF-8, by the best code for the processor that it runs on; the grammar is checked
// here. Numbers are checked but not converted, so that none is too large or too exact; strings are not copied.

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What a value is.
enum {
    sluice_json_null = 0,
    sluice_json_false = 1,
    sluice_json_true = 2,
    sluice_json_number = 3,
    sluice_json_string = 4,
    sluice_json_array = 5,
    sluice_json_object = 6,
};

/// A value, or a member's name. What is in an array or object follows it: in an object, names and values in turn.
typedef struct {
    /// Where its text begins, in bytes.
    uint32_t offset;
    /// The bytes of its text: quotes and brackets are among them.
    uint32_t length;
    /// The index of what follows behind it and all that is in it.
    uint32_t next;
    /// Bits 0 to 2: what it is. Bit 3: a string with escapes; a number that is not written as an integer. Bits 8 to 31:
    /// the elements of an array or the members of an object.
    uint32_t info;
} sluice_json_value;

/// Why a text is not a JSON document, or was not read.
typedef enum {
    sluice_json_ok = 0,
    sluice_json_empty,
    sluice_json_too_large,
    sluice_json_too_deep,
    sluice_json_no_memory,
    sluice_json_utf8,
    sluice_json_control_character,
    sluice_json_unclosed_string,
    sluice_json_bad_escape,
    sluice_json_bad_number,
    sluice_json_bad_literal,
    sluice_json_expected_value,
    sluice_json_expected_name,
    sluice_json_expected_colon,
    sluice_json_expected_comma_or_end,
    sluice_json_trailing,
} sluice_json_status;

/// The most bytes of a document that the parser takes: counts of elements fit into 24 bits with it.
#define SLUICE_JSON_MAX_BYTES 33554432u
/// The most levels of arrays and objects that the parser takes.
#define SLUICE_JSON_MAX_DEPTH 1024u

typedef struct sluice_json_parser sluice_json_parser;

/// A parser without memory for documents yet; NULL if there is none to be had.
sluice_json_parser *sluice_json_parser_new(void);

/// Frees a parser.
void sluice_json_parser_free(sluice_json_parser *parser);

/// Reads a document. Nothing outside of the bytes is read.
///
/// \param max_depth the most levels of arrays and objects.
/// \param kept the bytes of a document for which memory is kept; what a larger one needed is freed when the next comes.
/// \param values set to the values, the document's own first; they last until the parser is used again.
/// \param value_count set to their number.
/// \param error_offset set to the byte at which the document is wrong, or SIZE_MAX where that is not known.
sluice_json_status sluice_json_parse(sluice_json_parser *parser, const uint8_t *bytes, size_t count, uint32_t max_depth,
                                     size_t kept, const sluice_json_value **values, size_t *value_count,
                                     size_t *error_offset);

#ifdef __cplusplus
}
#endif

#endif
