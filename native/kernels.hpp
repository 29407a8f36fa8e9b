// The exact top k of int8 item rows; docs/exactness.md has the proof and explains the letters.
//
// A code is split into two planes. The upper four bits are in one plane, which is scanned unless the rows' shares rule
// a block out. The lower four bits are in the other, which is read only for the most promising blocks. A plane has rows
// in blocks of 16, and a byte has two dimensions: plane[block][pair][row][4] has dimensions 8 pair + 0..3 in the low
// halves of its bytes and 8 pair + 4..7 in the high halves. So one instruction multiplies four dimensions of 8 or 16
// rows, and no row is summed across a register.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define SREC_X86 1
#include <immintrin.h>
#elif defined(__aarch64__)
#define SREC_NEON 1
#include <arm_neon.h>
#endif

namespace srec {

constexpr int kRows = 16;  // rows of a block
constexpr int kPair = 8;   // dimensions that are stored together, in four bytes of a row
constexpr int kWide = kRows * kPair / 2;  // bytes of a pair

constexpr int kTile = 4;  // queries that share one read of a block

#if defined(_MSC_VER)
#define SREC_INLINE __forceinline
#else
#define SREC_INLINE inline __attribute__((always_inline))
#endif

struct Index {
    const uint8_t* upper;  // [blocks][pairs][16][4]
    const uint8_t* lower;
    const float* scales;    // [blocks][16]
    const float* fine;      // [blocks][16], the residuals of whole codes
    const float* coarse;    // [blocks][16], the residuals of their upper halves
    const float* along;     // [blocks][16], the rows' shares along the direction
    const float* norms;     // [blocks], the longest of a block's coded rows, by whole codes and by upper halves
    const float* reach;     // [blocks], the longest of a block's rows without their shares along the direction
    const float* most;      // [blocks], the largest of those shares
    const float* least;     // [blocks], the smallest
    const int32_t* places;  // [blocks][16], the rows' places in the matrix; padding rows have none
    int64_t blocks;
    int pairs;

    const uint8_t* of(const uint8_t* plane, int64_t block) const { return plane + block * pairs * kWide; }
};

constexpr float kDone = -std::numeric_limits<float>::infinity();  // the top of a block that need not be opened

struct Query {
    const int8_t* codes;  // [pairs][8]
    int32_t sum;          // the sum of the codes
    float alpha, beta, gamma;
    float lambda;     // the query's share along the direction, in units
    float threshold;  // a row whose upper bound is lower is not among the best
};

// A block that may contain one of the best rows.
struct Block {
    int64_t number;
    float top;             // an upper bound of the rows' scores
    int32_t upper[kRows];  // products of the codes' upper halves
};

struct Kernel {
    const char* name;
    // For one query or kTile queries, write the blocks in first..last whose best upper bound, by the upper halves,
    // reaches the query's threshold to *found, and advance *found behind them. Blocks have bounds already: a block is
    // not read if each query's bound is below its threshold.
    void (*scan)(const Index&, int64_t first, int64_t last, const Query* const* queries, const float* const* bounds,
                 Block** found);
    void (*scan_tile)(const Index&, int64_t first, int64_t last, const Query* const* queries,
                      const float* const* bounds, Block** found);
    // The estimates and slacks of a block's rows, from the whole codes.
    void (*open)(const Index&, const Block&, const Query&, float* estimates, float* slacks);
};

// The best upper bound of 16 rows, with each code in the middle of its upper half's range; kDone if it is below the
// threshold.
inline float plain_top(const Index& index, int64_t block, const Query& query, const int32_t* dots) {
    float best = -std::numeric_limits<float>::infinity();
    for (int64_t row = 0, at = block * kRows; row < kRows; ++row, ++at) {
        const float estimate = static_cast<float>(32 * dots[row] - 241 * query.sum) * (0.5f * index.scales[at]);
        best = std::max(best, estimate + query.lambda * index.along[at] + query.alpha * index.coarse[at]);
    }
    best += query.beta * index.norms[block] + query.gamma;
    return best >= query.threshold ? best : kDone;
}

SREC_INLINE void bound(const Index& index, int64_t block, const Query& query, const int32_t* upper,
                       const int32_t* lower, float* estimates, float* slacks) {
    const float wide = query.beta * index.norms[block] + query.gamma;
    for (int64_t row = 0, at = block * kRows; row < kRows; ++row, ++at) {
        const int32_t dot = 16 * upper[row] + lower[row] - 128 * query.sum;
        estimates[row] = static_cast<float>(dot) * index.scales[at] + query.lambda * index.along[at];
        slacks[row] = query.alpha * index.fine[at] + wide;
    }
}

// The functions of an instruction set, made from its products of a plane's halves with queries and its best bound.
#define SREC_KERNEL(name, target)                                                                            \
    template <int Count>                                                                                     \
    target void name##_scan(const Index& index, int64_t first, int64_t last, const Query* const* queries,   \
                            const float* const* bounds, Block** found) {                                     \
        alignas(64) int32_t dots[Count * kRows];                                                             \
        for (int64_t block = first; block < last; ++block) {                                                 \
            bool wanted = false;                                                                             \
            for (int one = 0; one < Count; ++one) wanted |= bounds[one][block] >= queries[one]->threshold;   \
            if (!wanted) continue;                                                                           \
            name##_dots<Count>(index.of(index.upper, block), index.pairs, queries, dots);                    \
            for (int one = 0; one < Count; ++one) {                                                          \
                const float top = name##_top(index, block, *queries[one], dots + one * kRows);               \
                if (top == kDone) continue;                                                                  \
                found[one]->number = block;                                                                  \
                found[one]->top = top;                                                                       \
                std::memcpy(found[one]++->upper, dots + one * kRows, kRows * sizeof(int32_t));               \
            }                                                                                                \
        }                                                                                                    \
    }                                                                                                        \
    target inline void name##_open(const Index& index, const Block& block, const Query& query,               \
                                   float* estimates, float* slacks) {                                        \
        alignas(64) int32_t lower[kRows];                                                                    \
        const Query* queries[] = {&query};                                                                   \
        name##_dots<1>(index.of(index.lower, block.number), index.pairs, queries, lower);                    \
        bound(index, block.number, query, block.upper, lower, estimates, slacks);                            \
    }                                                                                                        \
    constexpr Kernel name##_kernel(const char* called) {                                                     \
        return {called, name##_scan<1>, name##_scan<kTile>, name##_open};                                    \
    }

inline int32_t four(const int8_t* codes) {
    int32_t word;
    std::memcpy(&word, codes, sizeof word);
    return word;
}

template <int Count>
void plain_dots(const uint8_t* plane, int pairs, const Query* const* queries, int32_t* dots) {
    for (int one = 0; one < Count; ++one)
        for (int row = 0; row < kRows; ++row) {
            int32_t sum = 0;
            for (int pair = 0; pair < pairs; ++pair)
                for (int at = 0; at < 4; ++at) {
                    const int byte = plane[pair * kWide + row * 4 + at];
                    const int8_t* codes = queries[one]->codes + pair * kPair + at;
                    sum += (byte & 15) * codes[0] + (byte >> 4) * codes[4];
                }
            dots[one * kRows + row] = sum;
        }
}

SREC_KERNEL(plain, )

#if SREC_X86

constexpr int kAhead = 2048;  // bytes to prefetch

#define SREC_AVX2 __attribute__((target("avx2,fma")))
#define SREC_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))

template <int Count>
SREC_AVX2 inline void avx2_dots(const uint8_t* plane, int pairs, const Query* const* queries, int32_t* dots) {
    const __m256i halves = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    for (int part = 0; part < 2; ++part) {
        __m256i sums[Count];
        for (int one = 0; one < Count; ++one) sums[one] = _mm256_setzero_si256();
        for (int pair = 0; pair < pairs; ++pair) {
            const uint8_t* rows = plane + pair * kWide + part * kWide / 2;
            const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows));
            _mm_prefetch(reinterpret_cast<const char*>(rows + kAhead), _MM_HINT_T0);
            const __m256i low = _mm256_and_si256(bytes, halves);
            const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), halves);
            for (int one = 0; one < Count; ++one) {
                const int8_t* codes = queries[one]->codes + pair * kPair;
                // A sum of four products of at most 15 * 127 fits in 16 bits.
                const __m256i products =
                    _mm256_add_epi16(_mm256_maddubs_epi16(low, _mm256_set1_epi32(four(codes))),
                                     _mm256_maddubs_epi16(high, _mm256_set1_epi32(four(codes + 4))));
                sums[one] = _mm256_add_epi32(sums[one], _mm256_madd_epi16(products, ones));
            }
        }
        for (int one = 0; one < Count; ++one)
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(dots + one * kRows + part * kRows / 2), sums[one]);
    }
}

SREC_AVX2 inline float avx2_top(const Index& index, int64_t block, const Query& query, const int32_t* dots) {
    __m256 uppers[2];
    for (int part = 0; part < 2; ++part) {
        const int64_t at = block * kRows + part * kRows / 2;
        const __m256i dot = _mm256_load_si256(reinterpret_cast<const __m256i*>(dots + part * kRows / 2));
        const __m256i whole = _mm256_sub_epi32(_mm256_slli_epi32(dot, 5), _mm256_set1_epi32(241 * query.sum));
        const __m256 half = _mm256_mul_ps(_mm256_set1_ps(0.5f), _mm256_loadu_ps(index.scales + at));
        const __m256 slack = _mm256_mul_ps(_mm256_set1_ps(query.alpha), _mm256_loadu_ps(index.coarse + at));
        const __m256 shared = _mm256_fmadd_ps(_mm256_set1_ps(query.lambda), _mm256_loadu_ps(index.along + at), slack);
        uppers[part] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole), half, shared);
    }
    const __m256 wide = _mm256_set1_ps(query.beta * index.norms[block] + query.gamma);
    const __m256 eight = _mm256_add_ps(_mm256_max_ps(uppers[0], uppers[1]), wide);
    const __m256 enough = _mm256_cmp_ps(eight, _mm256_set1_ps(query.threshold), _CMP_GE_OQ);
    if (!_mm256_movemask_ps(enough)) return kDone;
    __m128 best = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    best = _mm_max_ps(best, _mm_movehl_ps(best, best));
    best = _mm_max_ss(best, _mm_shuffle_ps(best, best, 1));
    return _mm_cvtss_f32(best);
}

SREC_KERNEL(avx2, SREC_AVX2)

template <int Count>
SREC_VNNI inline void vnni_dots(const uint8_t* plane, int pairs, const Query* const* queries, int32_t* dots) {
    // Several sums, because a single one would wait for itself at every step.
    __m512i lows[Count], highs[Count];
    for (int one = 0; one < Count; ++one) lows[one] = highs[one] = _mm512_setzero_si512();
    const __m512i halves = _mm512_set1_epi8(15);
    for (int pair = 0; pair < pairs; ++pair) {
        const __m512i bytes = _mm512_loadu_si512(plane + pair * kWide);
        _mm_prefetch(reinterpret_cast<const char*>(plane + pair * kWide + kAhead), _MM_HINT_T0);
        const __m512i low = _mm512_and_si512(bytes, halves);
        const __m512i high = _mm512_and_si512(_mm512_srli_epi16(bytes, 4), halves);
        for (int one = 0; one < Count; ++one) {
            const int8_t* codes = queries[one]->codes + pair * kPair;
            lows[one] = _mm512_dpbusd_epi32(lows[one], low, _mm512_set1_epi32(four(codes)));
            highs[one] = _mm512_dpbusd_epi32(highs[one], high, _mm512_set1_epi32(four(codes + 4)));
        }
    }
    for (int one = 0; one < Count; ++one)
        _mm512_storeu_si512(dots + one * kRows, _mm512_add_epi32(lows[one], highs[one]));
}

SREC_VNNI inline float vnni_top(const Index& index, int64_t block, const Query& query, const int32_t* dots) {
    const __m512i dot = _mm512_load_si512(dots);
    const __m512i whole = _mm512_sub_epi32(_mm512_slli_epi32(dot, 5), _mm512_set1_epi32(241 * query.sum));
    const __m512 half = _mm512_mul_ps(_mm512_set1_ps(0.5f), _mm512_loadu_ps(index.scales + block * kRows));
    const __m512 slack =
        _mm512_mul_ps(_mm512_set1_ps(query.alpha), _mm512_loadu_ps(index.coarse + block * kRows));
    const __m512 shared =
        _mm512_fmadd_ps(_mm512_set1_ps(query.lambda), _mm512_loadu_ps(index.along + block * kRows), slack);
    const __m512 wide = _mm512_set1_ps(query.beta * index.norms[block] + query.gamma);
    const __m512 uppers = _mm512_add_ps(_mm512_fmadd_ps(_mm512_cvtepi32_ps(whole), half, shared), wide);
    if (!_mm512_cmp_ps_mask(uppers, _mm512_set1_ps(query.threshold), _CMP_GE_OQ)) return kDone;
    return _mm512_reduce_max_ps(uppers);
}

SREC_KERNEL(vnni, SREC_VNNI)

#elif SREC_NEON

inline int32x4_t add_neon(int32x4_t sums, int8x16_t codes, const int8_t* wanted) {
    const int8x16_t four_times = vreinterpretq_s8_s32(vdupq_n_s32(four(wanted)));
    const int16x8_t low = vmull_s8(vget_low_s8(codes), vget_low_s8(four_times));
    const int16x8_t high = vmull_s8(vget_high_s8(codes), vget_high_s8(four_times));
    return vaddq_s32(sums, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
}

template <int Count>
void neon_dots(const uint8_t* plane, int pairs, const Query* const* queries, int32_t* dots) {
    for (int part = 0; part < 4; ++part) {
        int32x4_t sums[Count];
        for (int one = 0; one < Count; ++one) sums[one] = vdupq_n_s32(0);
        for (int pair = 0; pair < pairs; ++pair) {
            const uint8x16_t bytes = vld1q_u8(plane + pair * kWide + part * kWide / 4);
            const int8x16_t low = vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15)));
            const int8x16_t high = vreinterpretq_s8_u8(vshrq_n_u8(bytes, 4));
            for (int one = 0; one < Count; ++one) {
                const int8_t* codes = queries[one]->codes + pair * kPair;
                sums[one] = add_neon(add_neon(sums[one], low, codes), high, codes + 4);
            }
        }
        for (int one = 0; one < Count; ++one) vst1q_s32(dots + one * kRows + part * kRows / 4, sums[one]);
    }
}

inline float neon_top(const Index& index, int64_t block, const Query& query, const int32_t* dots) {
    return plain_top(index, block, query, dots);
}

SREC_KERNEL(neon, )

#endif

// The kernels that can run here, fastest first.
inline std::vector<Kernel> kernels() {
    std::vector<Kernel> found;
#if SREC_X86
    __builtin_cpu_init();
    const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512vnni"))
        found.push_back(vnni_kernel("avx512-vnni"));
    if (avx2) found.push_back(avx2_kernel("avx2"));
#elif SREC_NEON
    found.push_back(neon_kernel("neon"));
#endif
    found.push_back(plain_kernel("plain"));
    return found;
}

}  // namespace srec
