// The exact top k of int8 item rows; docs/exactness.md has the proof that the letters here stand in.
//
// Rows lie in blocks of 16, four dimensions of each row together: codes[block][group][row][4], so that one
// instruction multiplies four dimensions of 8 or 16 rows and no row is ever summed across a register.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <queue>
#include <stdexcept>
#include <vector>

#if (defined(__x86_64__) || defined(__i386__)) && (defined(__GNUC__) || defined(__clang__))
#define SREC_X86 1
#include <immintrin.h>
#elif defined(__aarch64__)
#define SREC_NEON 1
#include <arm_neon.h>
#endif

namespace nb = nanobind;

namespace {

constexpr int kRows = 16;   // of a block
constexpr int kGroup = 4;   // dimensions that lie together
constexpr int kLanes = 8;   // of the reference's sum
constexpr double kSlack = 1.0 + 1.0 / (1 << 20);   // more than all roundings of the bounds together
constexpr double kRounding = 1.0 / (1 << 21);      // more than those of an estimate

struct Block {
    const int8_t* codes;     // [groups][16][4]
    const float* scales;     // [16]
    const float* residuals;  // [16]
    const float* norms;      // [16]
};

struct Query {
    const int8_t* codes;  // [groups][4]
    int groups;
    int32_t sum;  // of the codes
    float alpha, beta;
};

// Estimates and slacks of a block's rows; bit r is set where row r's upper bound reaches the threshold.
using Kernel = unsigned (*)(const Block&, const Query&, float threshold, float* estimates, float* slacks);

unsigned bounds(const Block& block, const Query& query, float threshold, const int32_t* dots,
                float* estimates, float* slacks) {
    unsigned reached = 0;
    for (int row = 0; row < kRows; ++row) {
        estimates[row] = static_cast<float>(dots[row]) * block.scales[row];
        slacks[row] = query.alpha * block.residuals[row] + query.beta * block.norms[row];
        reached |= static_cast<unsigned>(estimates[row] + slacks[row] >= threshold) << row;
    }
    return reached;
}

unsigned plain(const Block& block, const Query& query, float threshold, float* estimates, float* slacks) {
    int32_t dots[kRows] = {};
    for (int group = 0; group < query.groups; ++group) {
        const int8_t* items = block.codes + group * kRows * kGroup;
        const int8_t* wanted = query.codes + group * kGroup;
        for (int row = 0; row < kRows; ++row)
            for (int at = 0; at < kGroup; ++at) dots[row] += int32_t(items[row * kGroup + at]) * wanted[at];
    }
    return bounds(block, query, threshold, dots, estimates, slacks);
}

#if SREC_X86

inline int32_t four(const int8_t* codes) {
    int32_t word;
    std::memcpy(&word, codes, sizeof word);
    return word;
}

// Products of |query| (unsigned) with items that carry the query's sign: two of them stay below 2^15.
__attribute__((target("avx2"))) inline __m256i add_avx2(__m256i sum, const int8_t* items, __m256i wanted) {
    const __m256i signed_items =
        _mm256_sign_epi8(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(items)), wanted);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(wanted), signed_items);
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

__attribute__((target("avx2"))) unsigned avx2(const Block& block, const Query& query, float threshold,
                                              float* estimates, float* slacks) {
    __m256i low = _mm256_setzero_si256(), high = low;
    for (int group = 0; group < query.groups; ++group) {
        const __m256i wanted = _mm256_set1_epi32(four(query.codes + group * kGroup));
        const int8_t* items = block.codes + group * kRows * kGroup;
        low = add_avx2(low, items, wanted);
        high = add_avx2(high, items + 32, wanted);
    }
    unsigned reached = 0;
    for (int half = 0; half < 2; ++half) {
        const int at = half * 8;
        const __m256 estimate =
            _mm256_mul_ps(_mm256_cvtepi32_ps(half ? high : low), _mm256_loadu_ps(block.scales + at));
        const __m256 slack =
            _mm256_add_ps(_mm256_mul_ps(_mm256_set1_ps(query.alpha), _mm256_loadu_ps(block.residuals + at)),
                          _mm256_mul_ps(_mm256_set1_ps(query.beta), _mm256_loadu_ps(block.norms + at)));
        _mm256_storeu_ps(estimates + at, estimate);
        _mm256_storeu_ps(slacks + at, slack);
        const __m256 upper = _mm256_add_ps(estimate, slack);
        const __m256 over = _mm256_cmp_ps(upper, _mm256_set1_ps(threshold), _CMP_GE_OQ);
        reached |= static_cast<unsigned>(_mm256_movemask_ps(over)) << at;
    }
    return reached;
}

#define SREC_VNNI __attribute__((target("avx512f,avx512bw,avx512vnni")))

// Items as unsigned numbers (code + 128); what that adds, 128 times the query's sum, is taken off again.
SREC_VNNI inline __m512i add_vnni(__m512i sum, const int8_t* items, const int8_t* wanted) {
    const __m512i raised = _mm512_xor_si512(_mm512_loadu_si512(items), _mm512_set1_epi8(char(0x80)));
    return _mm512_dpbusd_epi32(sum, raised, _mm512_set1_epi32(four(wanted)));
}

SREC_VNNI unsigned vnni(const Block& block, const Query& query, float threshold, float* estimates,
                        float* slacks) {
    // Four sums, for one would wait for itself at every step.
    __m512i sums[4] = {_mm512_set1_epi32(-128 * query.sum), _mm512_setzero_si512(), _mm512_setzero_si512(),
                       _mm512_setzero_si512()};
    constexpr int wide = kRows * kGroup;
    int group = 0;
    for (; group + 4 <= query.groups; group += 4)
        for (int one = 0; one < 4; ++one)
            sums[one] = add_vnni(sums[one], block.codes + (group + one) * wide,
                                 query.codes + (group + one) * kGroup);
    for (; group < query.groups; ++group)
        sums[0] = add_vnni(sums[0], block.codes + group * wide, query.codes + group * kGroup);
    const __m512i dots = _mm512_add_epi32(_mm512_add_epi32(sums[0], sums[1]), _mm512_add_epi32(sums[2], sums[3]));
    const __m512 estimate = _mm512_mul_ps(_mm512_cvtepi32_ps(dots), _mm512_loadu_ps(block.scales));
    const __m512 slack =
        _mm512_add_ps(_mm512_mul_ps(_mm512_set1_ps(query.alpha), _mm512_loadu_ps(block.residuals)),
                      _mm512_mul_ps(_mm512_set1_ps(query.beta), _mm512_loadu_ps(block.norms)));
    const unsigned reached =
        _mm512_cmp_ps_mask(_mm512_add_ps(estimate, slack), _mm512_set1_ps(threshold), _CMP_GE_OQ);
    if (reached) {
        _mm512_storeu_ps(estimates, estimate);
        _mm512_storeu_ps(slacks, slack);
    }
    return reached;
}

#elif SREC_NEON

unsigned neon(const Block& block, const Query& query, float threshold, float* estimates, float* slacks) {
    int32x4_t sums[4] = {vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0), vdupq_n_s32(0)};
    for (int group = 0; group < query.groups; ++group) {
        int32_t word;
        std::memcpy(&word, query.codes + group * kGroup, sizeof word);
        const int8x16_t wanted = vreinterpretq_s8_s32(vdupq_n_s32(word));
        const int8_t* items = block.codes + group * kRows * kGroup;
        for (int part = 0; part < 4; ++part) {
            const int8x16_t four_rows = vld1q_s8(items + part * 16);
            const int16x8_t low = vmull_s8(vget_low_s8(four_rows), vget_low_s8(wanted));
            const int16x8_t high = vmull_s8(vget_high_s8(four_rows), vget_high_s8(wanted));
            sums[part] = vaddq_s32(sums[part], vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
        }
    }
    int32_t dots[kRows];
    for (int part = 0; part < 4; ++part) vst1q_s32(dots + part * 4, sums[part]);
    return bounds(block, query, threshold, dots, estimates, slacks);
}

#endif

struct Choice {
    const char* name;
    Kernel kernel;
};

std::vector<Choice> usable() {
    std::vector<Choice> found;
#if SREC_X86
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vnni"))
        found.push_back({"avx512-vnni", vnni});
    if (__builtin_cpu_supports("avx2")) found.push_back({"avx2", avx2});
#elif SREC_NEON
    found.push_back({"neon", neon});
#endif
    found.push_back({"plain", plain});
    return found;
}

// The reference's score: exact products, summed in double in one fixed order.
double score(const float* query, const float* item, int64_t dimension) {
    double lanes[kLanes] = {};
    int64_t at = 0;
    for (; at + kLanes <= dimension; at += kLanes)
        for (int lane = 0; lane < kLanes; ++lane)
            lanes[lane] += double(query[at + lane]) * double(item[at + lane]);
    for (int lane = 0; at < dimension; ++at, ++lane) lanes[lane] += double(query[at]) * double(item[at]);
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

struct Candidate {
    int64_t row;
    float lower, upper;
    double score;
};

// One query's search in progress.
struct Search {
    std::vector<int8_t> codes;
    Query query;
    double unit;  // what an estimate of 1 stands for, without the items' common exponent
    float threshold = -std::numeric_limits<float>::infinity();
    std::priority_queue<float, std::vector<float>, std::greater<float>> lowest;  // the k best lower bounds
    std::vector<Candidate> candidates;

    Search(const float* vector, int64_t dimension) {
        double largest = 0;
        for (int64_t at = 0; at < dimension; ++at) largest = std::max(largest, std::fabs(double(vector[at])));
        unit = largest > 0 ? largest / 127 : 1;
        const int64_t groups = (dimension + kGroup - 1) / kGroup;
        codes.assign(groups * kGroup, 0);
        int32_t sum = 0;
        double whole = 0, left = 0, coded = 0;
        for (int64_t at = 0; at < dimension; ++at) {
            const double value = double(vector[at]) / unit;
            const double code = std::nearbyint(value);
            codes[at] = static_cast<int8_t>(code);
            sum += static_cast<int32_t>(code);
            whole += value * value;
            left += (value - code) * (value - code);
            coded += code * code;
        }
        query = {codes.data(), static_cast<int>(groups), sum,
                 static_cast<float>(std::sqrt(whole) * kSlack),
                 static_cast<float>((std::sqrt(left) + std::sqrt(coded) * kRounding) * kSlack)};
    }

    void meet(int64_t row, float estimate, float slack, size_t k) {
        const float lower = estimate - slack, upper = estimate + slack;
        candidates.push_back({row, lower, upper, 0});
        if (lowest.size() == k) {
            if (lower <= lowest.top()) return;
            lowest.pop();
        }
        lowest.push(lower);
        if (lowest.size() == k) threshold = lowest.top();
    }

    // How many scores were outside of their bounds: none, if the proof and the code are right.
    int64_t finish(const float* vector, const float* items, int64_t dimension, double scale) {
        int64_t outside = 0;
        const float last = threshold;
        candidates.erase(std::remove_if(candidates.begin(), candidates.end(),
                                        [last](const Candidate& one) { return one.upper < last; }),
                         candidates.end());
        for (Candidate& one : candidates) {
            one.score = score(vector, items + one.row * dimension, dimension);
            const double scaled = one.score / unit / scale;
            outside += !(scaled >= one.lower && scaled <= one.upper);
        }
        return outside;
    }

    void best(size_t k, int64_t* rows, double* scores) {
        const auto better = [](const Candidate& one, const Candidate& other) {
            return one.score > other.score || (one.score == other.score && one.row < other.row);
        };
        const size_t found = std::min(k, candidates.size());
        std::partial_sort(candidates.begin(), candidates.begin() + found, candidates.end(), better);
        for (size_t place = 0; place < k; ++place) {
            rows[place] = place < found ? candidates[place].row : -1;
            scores[place] =
                place < found ? candidates[place].score : -std::numeric_limits<double>::infinity();
        }
    }
};

template <typename Scalar, size_t Dimensions>
using Array = nb::ndarray<const Scalar, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;
template <typename Scalar, size_t Dimensions>
using Result = nb::ndarray<Scalar, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

struct Counts {
    int64_t outside = 0, rescored = 0;
};

Counts search(Array<int8_t, 4> codes, Array<float, 2> bounds_3V, double scale, Array<float, 2> items_VD,
              Array<float, 2> vectors_BD, Array<uint8_t, 1> allowed_V, Array<int64_t, 1> offsets_B1,
              Array<int64_t, 1> excluded, Result<int64_t, 2> rows_BK, Result<double, 2> scores_BK,
              const char* name) {
    Kernel kernel = nullptr;
    for (const Choice& choice : usable())
        if (!std::strcmp(name, choice.name)) kernel = choice.kernel;
    const int64_t count = items_VD.shape(0), dimension = items_VD.shape(1), queries = vectors_BD.shape(0);
    const int64_t blocks = codes.shape(0), groups = codes.shape(1);
    const size_t padded = blocks * kRows;
    const bool fits = kernel && groups == (dimension + kGroup - 1) / kGroup && codes.shape(2) == kRows &&
                      codes.shape(3) == kGroup && blocks == (count + kRows - 1) / kRows &&
                      bounds_3V.shape(0) == 3 && bounds_3V.shape(1) == padded &&
                      int64_t(vectors_BD.shape(1)) == dimension &&
                      (allowed_V.shape(0) == 0 || int64_t(allowed_V.shape(0)) == count) &&
                      int64_t(offsets_B1.shape(0)) == queries + 1 && rows_BK.shape(1) > 0 &&
                      int64_t(rows_BK.shape(0)) == queries && int64_t(scores_BK.shape(0)) == queries &&
                      rows_BK.shape(1) == scores_BK.shape(1) && offsets_B1.data()[0] == 0 &&
                      std::is_sorted(offsets_B1.data(), offsets_B1.data() + queries + 1) &&
                      offsets_B1.data()[queries] == int64_t(excluded.shape(0));
    if (!fits) throw std::invalid_argument("arrays that do not fit together, or a kernel that is not here");

    const uint8_t* allowed = allowed_V.shape(0) ? allowed_V.data() : nullptr;
    const float* scales = bounds_3V.data();
    const size_t k = rows_BK.shape(1);
    std::vector<Search> searches;
    searches.reserve(queries);
    for (int64_t query = 0; query < queries; ++query) searches.emplace_back(vectors_BD.data() + query * dimension, dimension);

    // Rows that fit the nearest cache are read once for all queries.
    const int64_t near = std::max<int64_t>(1, 24 * 1024 / (groups * kRows * kGroup));
    float estimates[kRows], slacks[kRows];
    for (int64_t first = 0; first < blocks; first += near)
        for (int64_t query = 0; query < queries; ++query) {
            Search& one = searches[query];
            const int64_t* left = excluded.data() + offsets_B1.data()[query];
            const int64_t* right = excluded.data() + offsets_B1.data()[query + 1];
            for (int64_t at = first; at < std::min(first + near, blocks); ++at) {
                const Block block{codes.data() + at * groups * kRows * kGroup, scales + at * kRows,
                                  scales + padded + at * kRows, scales + 2 * padded + at * kRows};
                unsigned reached = kernel(block, one.query, one.threshold, estimates, slacks);
                for (int row = 0; reached; ++row, reached >>= 1) {
                    const int64_t number = at * kRows + row;
                    if (!(reached & 1) || number >= count || (allowed && !allowed[number]) ||
                        std::binary_search(left, right, number))
                        continue;
                    one.meet(number, estimates[row], slacks[row], k);
                }
            }
        }

    Counts counts;
    for (int64_t query = 0; query < queries; ++query) {
        Search& one = searches[query];
        counts.outside += one.finish(vectors_BD.data() + query * dimension, items_VD.data(), dimension, scale);
        counts.rescored += one.candidates.size();
        one.best(k, rows_BK.data() + query * k, scores_BK.data() + query * k);
    }
    return counts;
}

}  // namespace

NB_MODULE(_scan, module) {
    module.def("kernels", [] {
        nb::list names;
        for (const Choice& choice : usable()) names.append(choice.name);
        return names;
    });
    module.def(
        "search",
        [](Array<int8_t, 4> codes, Array<float, 2> bounds_3V, double scale, Array<float, 2> items_VD,
           Array<float, 2> vectors_BD, Array<uint8_t, 1> allowed_V, Array<int64_t, 1> offsets_B1,
           Array<int64_t, 1> excluded, Result<int64_t, 2> rows_BK, Result<double, 2> scores_BK,
           const char* name) {
            Counts counts;
            {
                nb::gil_scoped_release released;
                counts = search(codes, bounds_3V, scale, items_VD, vectors_BD, allowed_V, offsets_B1, excluded,
                                rows_BK, scores_BK, name);
            }
            return nb::make_tuple(counts.outside, counts.rescored);
        });
}
