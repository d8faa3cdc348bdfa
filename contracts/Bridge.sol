// SPDX-License-Identifier: GPL-3.0-only
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FIELD_ORDER, KIND_DEPOSIT, KIND_FORCED_WITHDRAWAL} from "./generated/Constants.sol";
import {IRollup} from "./interfaces/IRollup.sol";
import {L1Queue} from "./libraries/L1Queue.sol";
import {TokenRegistry} from "./TokenRegistry.sol";

/// @title Funds in and out of the rollup, and the queue of what L1 asks of it
/// @dev What enters the queue is checked here, for all that is in it must be provable. Books are the contract's own: what
/// a token's contract claims, or ether forced in, changes nothing.
abstract contract Bridge is TokenRegistry, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev One slot: where the rollup stands, in batches and in the queue, and what it takes no more.
    struct Progress {
        uint32 batchNumber;
        uint40 timestamp;
        uint40 queueHead;
        uint40 queueTail;
        bool frozen;
        bool depositsPaused;
    }

    Progress internal _progress;
    mapping(uint256 queueIndex => L1Queue.Entry) internal _queue;

    /// @inheritdoc IRollup
    mapping(uint16 token => uint256) public tokenTotal;

    /// @inheritdoc IRollup
    mapping(uint16 token => mapping(address account => uint256)) public withdrawable;

    /// @inheritdoc IRollup
    function deposit(
        uint16 token,
        uint256 amount,
        uint256 pubKeyY,
        address l1Address,
        address refundAddress
    ) external payable nonReentrant {
        _deposit(token, _requireToken(token), amount, pubKeyY, l1Address, refundAddress);
    }

    /// @inheritdoc IRollup
    function depositWithPermit(
        uint16 token,
        uint256 amount,
        uint256 pubKeyY,
        address l1Address,
        address refundAddress,
        Permit calldata permit
    ) external payable nonReentrant {
        address found = _requireToken(token);
        if (token == ETHER) revert UnknownToken(token);
        // Who sees the permit in the mempool can use it first. The allowance is then there, and the transfer decides.
        try
            IERC20Permit(found).permit(msg.sender, address(this), amount, permit.deadline, permit.v, permit.r, permit.s)
        {} catch {} // solhint-disable-line no-empty-blocks
        _deposit(token, found, amount, pubKeyY, l1Address, refundAddress);
    }

    /// @inheritdoc IRollup
    function requestWithdrawal(uint32 index, uint16 token) external payable nonReentrant {
        _requireNotFrozen();
        _requireToken(token);
        uint256 fee = queueFee();
        (uint256 queueIndex, uint256 deadline) = _enqueue(
            L1Queue.Operation({
                kind: uint8(KIND_FORCED_WITHDRAWAL),
                index: index,
                token: token,
                l1Address: msg.sender,
                pubKeyY: 0,
                amount: 0,
                refundAddress: address(0)
            })
        );
        emit WithdrawalRequested(queueIndex, msg.sender, token, index, deadline);
        _settleValue(fee);
    }

    /// @inheritdoc IRollup
    function withdraw(uint16 token, address account) external nonReentrant {
        uint256 credit = withdrawable[token][account];
        if (credit == 0) revert NothingToWithdraw(token, account);
        uint256 amount = Math.min(credit, tokenTotal[token]);
        if (token != ETHER) amount = Math.min(amount, IERC20(tokenAddress[token]).balanceOf(address(this)));
        if (amount == 0) revert BooksEmpty(token);
        withdrawable[token][account] = credit - amount;
        tokenTotal[token] -= amount;
        if (token == ETHER) Address.sendValue(payable(account), amount);
        else amount = _payToken(token, account, amount);
        emit Withdrawn(token, account, amount);
        if (amount < credit) emit StillCredited(token, account, credit - amount);
    }

    /// @inheritdoc IRollup
    function setDepositsPaused(bool paused) external onlyOwner {
        _progress.depositsPaused = paused;
        emit DepositsPaused(paused);
    }

    /// @inheritdoc IRollup
    function depositsPaused() external view returns (bool) {
        return _progress.depositsPaused;
    }

    /// @inheritdoc IRollup
    function isFrozen() external view returns (bool) {
        return _progress.frozen;
    }

    /// @inheritdoc IRollup
    function queueBounds() external view returns (uint256 head, uint256 tail) {
        return (_progress.queueHead, _progress.queueTail);
    }

    /// @inheritdoc IRollup
    function queueEntry(uint256 queueIndex) external view returns (bytes27 cumulativeHash, uint256 deadline) {
        L1Queue.Entry memory entry = _queue[queueIndex];
        return (entry.cumulativeHash, entry.deadline);
    }

    /// @inheritdoc IRollup
    function queueFee() public view returns (uint256) {
        return L1Queue.fee(_progress.queueTail - _progress.queueHead);
    }

    /// @inheritdoc IRollup
    function isOverdue() public view returns (bool) {
        Progress storage progress = _progress;
        return progress.queueHead < progress.queueTail && block.timestamp > _queue[progress.queueHead].deadline;
    }

    /// @dev Chained hash of the queue's first `length` operations.
    function _queueHash(uint256 length) internal view returns (bytes27) {
        return length == 0 ? bytes27(0) : _queue[length - 1].cumulativeHash;
    }

    function _requireNotFrozen() internal view {
        if (_progress.frozen) revert RollupFrozen();
    }

    function _credit(uint16 token, address account, uint256 amount) internal {
        if (amount == 0) return;
        withdrawable[token][account] += amount;
        emit WithdrawalCredited(token, account, amount);
    }

    function _deposit(
        uint16 token,
        address found,
        uint256 amount,
        uint256 pubKeyY,
        address l1Address,
        address refundAddress
    ) private {
        _requireNotFrozen();
        if (_progress.depositsPaused) revert DepositsArePaused();
        if (pubKeyY >= FIELD_ORDER) revert KeyNotInField(pubKeyY);
        if (l1Address == address(0) || refundAddress == address(0)) revert ZeroAddress();
        uint256 cost = queueFee() + (token == ETHER ? amount : 0);
        uint128 received = _receive(token, found, amount);
        (uint256 queueIndex, uint256 deadline) = _enqueue(
            L1Queue.Operation({
                kind: uint8(KIND_DEPOSIT),
                index: 0,
                token: token,
                l1Address: l1Address,
                pubKeyY: pubKeyY,
                amount: received,
                refundAddress: refundAddress
            })
        );
        emit DepositQueued(queueIndex, l1Address, token, pubKeyY, received, refundAddress, deadline);
        _settleValue(cost);
    }

    /// @dev Pays an amount that has left the books, or half of it: a token that takes a fee from whoever pays, on top of what
    /// is paid, refuses to pay all that there is. One that refuses for another reason does so again, and says why.
    function _payToken(uint16 token, address account, uint256 whole) private returns (uint256 amount) {
        IERC20 found = IERC20(tokenAddress[token]);
        if (found.trySafeTransfer(account, whole)) return whole;
        uint256 kept = whole / 2;
        amount = whole - kept;
        withdrawable[token][account] += kept;
        tokenTotal[token] += kept;
        found.safeTransfer(account, amount);
    }

    /// @dev Takes the amount and books what arrived; for ETH `_settleValue` sees that it did.
    function _receive(uint16 token, address found, uint256 amount) private returns (uint128) {
        uint256 received = amount;
        if (token != ETHER) {
            uint256 before = IERC20(found).balanceOf(address(this));
            IERC20(found).safeTransferFrom(msg.sender, address(this), amount);
            received = IERC20(found).balanceOf(address(this)) - before;
        }
        if (received == 0) revert ZeroAmount();
        uint256 total = tokenTotal[token] + received;
        if (total > type(uint128).max) revert TokenTotalTooLarge(token, total);
        tokenTotal[token] = total;
        return uint128(received);
    }

    function _enqueue(L1Queue.Operation memory operation) private returns (uint256 queueIndex, uint256 deadline) {
        Progress storage progress = _progress;
        queueIndex = progress.queueTail;
        L1Queue.Entry memory last = queueIndex == 0 ? L1Queue.Entry(0, 0) : _queue[queueIndex - 1];
        uint256 waiting = queueIndex - progress.queueHead;
        // Behind an operation that was served, the deadlines start anew.
        deadline = L1Queue.deadline(block.timestamp, waiting, waiting == 0 ? 0 : last.deadline);
        _queue[queueIndex] = L1Queue.Entry(L1Queue.append(last.cumulativeHash, operation), uint40(deadline));
        _progress.queueTail = progress.queueTail + 1;
    }

    /// @dev Requires that the call paid `cost` and sends the rest back: the fee moves while a transaction waits.
    function _settleValue(uint256 cost) private {
        if (msg.value < cost) revert InsufficientValue(cost, msg.value);
        if (msg.value > cost) Address.sendValue(payable(msg.sender), msg.value - cost);
    }
}
