// The exact top k of int8 item rows; docs/exactness.md has the proof that the letters here stand in.
//
// A code is split: its upper four bits lie in one plane, which is scanned, its lower four in another, which is read
// where the upper ones do not settle it. In a plane rows lie in blocks of 16, and a byte holds two dimensions:
// plane[block][pair][row][4] has dimensions 8 pair + 0..3 in the low halves and 8 pair + 4..7 in the high halves of its
// bytes. So one instruction multiplies four dimensions of 8 or 16 rows, and no row is summed across a register.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define SREC_X86 1
#include <immintrin.h>
#elif defined(__aarch64__)
#define SREC_NEON 1
#include <arm_neon.h>
#endif

namespace srec {

constexpr int kRows = 16;  // of a block
constexpr int kPair = 8;   // dimensions that lie together, in four bytes of a row
constexpr int kWide = kRows * kPair / 2;  // bytes of a pair

struct Block {
    const uint8_t* upper;  // [pairs][16][4]
    const uint8_t* lower;
    const float* scales;  // [16]
    const float* fine;    // [16], the residuals of whole codes
    const float* coarse;  // [16], the residuals of their upper halves
    float norm;           // the largest of the coded rows
};

struct Query {
    const int8_t* codes;  // [pairs][8]
    int pairs;
    int32_t sum;  // of the codes
    float alpha, beta;
};

// Estimates and slacks of a block's rows; bit r is set where row r's upper bound reaches the threshold. Where the upper
// halves settle that none does, it is kSettled and there is nothing else.
constexpr unsigned kSettled = 1u << kRows;
using Kernel = unsigned (*)(const Block&, const Query&, float threshold, float* estimates, float* slacks);

#if defined(_MSC_VER)
#define SREC_INLINE __forceinline
#else
#define SREC_INLINE inline __attribute__((always_inline))
#endif

// Whether a row can reach the threshold, going by the upper halves, each code in the middle of what they leave open.
SREC_INLINE bool reaches(const Block& block, const Query& query, float threshold, const int32_t* upper) {
    const float wide = query.beta * block.norm;
    int32_t any = 0;
    for (int row = 0; row < kRows; ++row) {
        const float estimate = static_cast<float>(32 * upper[row] - 241 * query.sum) * (0.5f * block.scales[row]);
        any |= estimate + (query.alpha * block.coarse[row] + wide) >= threshold;
    }
    return any;
}

SREC_INLINE unsigned bounds(const Block& block, const Query& query, float threshold, const int32_t* upper,
                            const int32_t* lower, float* estimates, float* slacks) {
    const float wide = query.beta * block.norm;
    for (int row = 0; row < kRows; ++row) {
        const int32_t dot = 16 * upper[row] + lower[row] - 128 * query.sum;
        estimates[row] = static_cast<float>(dot) * block.scales[row];
        slacks[row] = query.alpha * block.fine[row] + wide;
    }
    unsigned reached = 0;
    for (int row = 0; row < kRows; ++row)
        reached |= static_cast<unsigned>(estimates[row] + slacks[row] >= threshold) << row;
    return reached;
}

// The kernel of an instruction set: only the products of a plane's halves with the query are written for each.
#define SREC_KERNEL(name, target, dots)                                                                 \
    target inline unsigned name(const Block& block, const Query& query, float threshold, float* estimates,    \
                         float* slacks) {                                                               \
        alignas(64) int32_t upper[kRows], lower[kRows];                                                 \
        dots(block.upper, query, upper);                                                                \
        if (!reaches(block, query, threshold, upper)) return kSettled;                                  \
        dots(block.lower, query, lower);                                                                \
        return bounds(block, query, threshold, upper, lower, estimates, slacks);                        \
    }

inline void plain_dots(const uint8_t* plane, const Query& query, int32_t* dots) {
    std::fill(dots, dots + kRows, 0);
    for (int pair = 0; pair < query.pairs; ++pair)
        for (int row = 0; row < kRows; ++row)
            for (int at = 0; at < 4; ++at) {
                const int byte = plane[pair * kWide + row * 4 + at];
                dots[row] += (byte & 15) * query.codes[pair * kPair + at] +
                             (byte >> 4) * query.codes[pair * kPair + 4 + at];
            }
}

SREC_KERNEL(plain, , plain_dots)

inline int32_t four(const int8_t* codes) {
    int32_t word;
    std::memcpy(&word, codes, sizeof word);
    return word;
}

#if SREC_X86

#define SREC_AVX2 __attribute__((target("avx2,fma")))
#define SREC_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))

// Four products of at most 15 and 127 are added in 16 bits, where they have room.
SREC_AVX2 inline __m256i add_avx2(__m256i sums, const uint8_t* plane, __m256i low, __m256i high) {
    const __m256i halves = _mm256_set1_epi8(15);
    const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(plane));
    const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), halves);
    const __m256i products = _mm256_add_epi16(_mm256_maddubs_epi16(_mm256_and_si256(bytes, halves), low),
                                              _mm256_maddubs_epi16(upper, high));
    return _mm256_add_epi32(sums, _mm256_madd_epi16(products, _mm256_set1_epi16(1)));
}

SREC_AVX2 inline void avx2_dots(const uint8_t* plane, const Query& query, int32_t* dots) {
    __m256i first = _mm256_setzero_si256(), second = first;
    for (int pair = 0; pair < query.pairs; ++pair) {
        const __m256i low = _mm256_set1_epi32(four(query.codes + pair * kPair));
        const __m256i high = _mm256_set1_epi32(four(query.codes + pair * kPair + 4));
        first = add_avx2(first, plane + pair * kWide, low, high);
        second = add_avx2(second, plane + pair * kWide + kWide / 2, low, high);
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dots), first);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dots + 8), second);
}

SREC_KERNEL(avx2, SREC_AVX2, avx2_dots)

SREC_VNNI inline void vnni_dots(const uint8_t* plane, const Query& query, int32_t* dots) {
    // Four sums, for one would wait for itself at every step.
    __m512i sums[4] = {_mm512_setzero_si512(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                       _mm512_setzero_si512()};
    const __m512i halves = _mm512_set1_epi8(15);
    const auto add = [&](int pair, __m512i& low, __m512i& high) SREC_VNNI {
        const __m512i bytes = _mm512_loadu_si512(plane + pair * kWide);
        const __m512i upper = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), halves);
        const int8_t* codes = query.codes + pair * kPair;
        low = _mm512_dpbusd_epi32(low, _mm512_and_si512(bytes, halves), _mm512_set1_epi32(four(codes)));
        high = _mm512_dpbusd_epi32(high, upper, _mm512_set1_epi32(four(codes + 4)));
    };
    int pair = 0;
    for (; pair + 2 <= query.pairs; pair += 2) {
        add(pair, sums[0], sums[1]);
        add(pair + 1, sums[2], sums[3]);
    }
    if (pair < query.pairs) add(pair, sums[0], sums[1]);
    const __m512i low = _mm512_add_epi32(sums[0], sums[1]), high = _mm512_add_epi32(sums[2], sums[3]);
    _mm512_store_si512(dots, _mm512_add_epi32(low, high));
}

SREC_KERNEL(vnni, SREC_VNNI, vnni_dots)

#elif SREC_NEON

inline int32x4_t add_neon(int32x4_t sums, int8x16_t codes, int8x16_t wanted) {
    const int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(wanted));
    const int16x8_t high = vmull_s8(vget_high_s8(codes), vget_high_s8(wanted));
    return vaddq_s32(sums, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}

inline void neon_dots(const uint8_t* plane, const Query& query, int32_t* dots) {
    int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    for (int pair = 0; pair < query.pairs; ++pair) {
        const int8x16_t low = vreinterpretq_s8_s32(vdupq_n_s32(four(query.codes + pair * kPair)));
        const int8x16_t high = vreinterpretq_s8_s32(vdupq_n_s32(four(query.codes + pair * kPair + 4)));
        for (int part = 0; part < 4; ++part) {
            const uint8x16_t bytes = vld1q_u8(plane + pair * kWide + part * 16);
            sums[part] = add_neon(sums[part], vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15))), low);
            sums[part] = add_neon(sums[part], vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4)), high);
        }
    }
    for (int part = 0; part < 4; ++part) vst1q_s32(dots + part * 4, sums[part]);
}

SREC_KERNEL(neon, , neon_dots)

#endif

struct Choice {
    const char* name;
    Kernel kernel;
};

inline std::vector<Choice> usable() {
    std::vector<Choice> found;
#if SREC_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni"))
        found.push_back({"avx512-vnni", vnni});
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) found.push_back({"avx2", avx2});
#elif SREC_NEON
    found.push_back({"neon", neon});
#endif
    found.push_back({"plain", plain});
    return found;
}

}  // namespace srec
