// Every kernel of this machine against the plain one: the best bounds of blocks for one query and for several, and the
// estimates and slacks of a block's rows.
// For an instruction set that is not here, on Debian with g++-aarch64-linux-gnu and qemu-user:
//   aarch64-linux-gnu-g++ -std=c++17 -O3 -static -Inative tests/native/kernels.cpp -o kernels && qemu-aarch64 kernels
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>

#include "kernels.hpp"

using namespace srec;

namespace {

bool near(float found, float wanted) {
    if (found == kDone || wanted == kDone) return std::max(found, wanted) < 0.1f;  // just above the threshold, 0
    return std::fabs(found - wanted) <= 1e-5f * (1 + std::fabs(wanted));
}

// What a scan found of each block, for kTile queries; kDone where it found nothing.
struct Scanned {
    std::vector<Block> of[kTile];

    Scanned(const Kernel& kernel, bool together, const Index& index, const Query* const* queries, float bound) {
        const std::vector<float> known(index.blocks, bound);
        const float* bounds[kTile];
        std::vector<Block> found[kTile];
        Block *begins[kTile], *ends[kTile];
        for (int one = 0; one < kTile; ++one) {
            bounds[one] = known.data();
            found[one].resize(index.blocks);
            begins[one] = ends[one] = found[one].data();
        }
        if (together) kernel.scan_tile(index, 0, index.blocks, queries, bounds, ends);
        for (int one = 0; one < kTile; ++one) {
            if (!together) kernel.scan(index, 0, index.blocks, queries + one, bounds, ends + one);
            of[one].resize(index.blocks, Block{0, kDone, {}});
            for (const Block* block = begins[one]; block < ends[one]; ++block) of[one][block->number] = *block;
        }
    }
};

bool same_products(const Block& one, const Block& other) {
    return one.top == kDone || other.top == kDone || std::equal(one.upper, one.upper + kRows, other.upper);
}

}  // namespace

int main() {
    std::mt19937 random(0);
    const std::vector<Kernel> every = kernels();
    const Kernel& plain = every.back();
    for (int turn = 0; turn < 3000; ++turn) {
        const int pairs = 1 + random() % 50;
        const int64_t blocks = 1 + random() % 4;
        std::vector<uint8_t> upper(blocks * pairs * kWide), lower(upper.size());
        for (uint8_t& byte : upper) byte = random();
        for (uint8_t& byte : lower) byte = random();
        std::vector<float> scales(blocks * kRows), fine(scales.size()), coarse(scales.size()), along(scales.size());
        std::vector<float> norms(blocks);
        for (float& scale : scales) scale = (random() % 1000) / 1000.0f;
        for (size_t row = 0; row < fine.size(); ++row) coarse[row] = 2 * (fine[row] = (random() % 1000) / 10.0f);
        for (float& share : along) share = (int(random() % 2001) - 1000) / 100.0f;
        for (float& norm : norms) norm = (random() % 1000) / 10.0f;
        Index index{};
        index.upper = upper.data(), index.lower = lower.data(), index.blocks = blocks, index.pairs = pairs;
        index.scales = scales.data(), index.fine = fine.data(), index.coarse = coarse.data();
        index.along = along.data(), index.norms = norms.data();
        std::vector<int8_t> codes[kTile];
        Query queries[kTile];
        const Query* pointers[kTile];
        for (int one = 0; one < kTile; ++one) {
            codes[one].resize(pairs * kPair);
            queries[one] = {codes[one].data(), 0, 1.0f + random() % 100, (random() % 1000) / 100.0f,
                            (random() % 1000) / 10.0f, int(random() % 201) - 100.0f, 0.0f};
            for (int8_t& code : codes[one]) queries[one].sum += code = int(random() % 255) - 127;
            pointers[one] = &queries[one];
        }
        const float bound = turn % 5 ? 1.0f : -1.0f;  // below the threshold, so that nothing shall be read
        const Scanned wanted(plain, true, index, pointers, bound);
        for (const Kernel& kernel : every) {
            const Scanned together(kernel, true, index, pointers, bound), alone(kernel, false, index, pointers, bound);
            bool same = true;
            for (int one = 0; one < kTile; ++one)
                for (int64_t number = 0; number < blocks; ++number) {
                    const Block &block = together.of[one][number], &other = wanted.of[one][number];
                    same &= near(block.top, other.top) && same_products(block, other);
                    same &= block.top == alone.of[one][number].top && same_products(block, alone.of[one][number]);
                    same &= bound > 0 || block.top == kDone;
                    if (other.top == kDone) continue;
                    float estimates[2][kRows], slacks[2][kRows];
                    plain.open(index, other, queries[one], estimates[0], slacks[0]);
                    kernel.open(index, other, queries[one], estimates[1], slacks[1]);
                    for (int row = 0; row < kRows; ++row)
                        same &= near(estimates[1][row], estimates[0][row]) && near(slacks[1][row], slacks[0][row]);
                }
            if (!same) return std::puts(kernel.name), 1;
        }
    }
    for (const Kernel& kernel : every) std::printf("%s ", kernel.name);
    std::puts("agree with plain");
}
